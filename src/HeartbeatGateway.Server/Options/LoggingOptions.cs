namespace HeartbeatGateway.Server.Options;

/// <summary>
/// The budget of the log lines that peers can cause, and the levels of the lines for ended connections. There are six kinds of such lines (clients, handshakes,
/// refusals, limits, messages, failures), each with a budget of its own. Suppressed lines are counted and summed up in one line.
/// </summary>
public sealed class LoggingOptions
{
    /// <summary>Lines of one kind that may be written at once. Default 6,000: a thousand clients that connect and disconnect three times.</summary>
    [Displayable]
    public int Burst { get; set; } = 6_000;

    /// <summary>Lines of one kind per second after that. Default 100.</summary>
    [Displayable]
    public int LinesPerSecond { get; set; } = 100;

    /// <summary>
    /// Lines of one kind about one address (an IPv6 /64 is one address) that may be written at once. Default 3,000, half of <see cref="Burst"/>, so that no
    /// address can use the whole budget.
    /// </summary>
    [Displayable]
    public int AddressBurst { get; set; } = 3_000;

    /// <summary>Lines of one kind about one address per second after that. Default 50.</summary>
    [Displayable]
    public int AddressLinesPerSecond { get; set; } = 50;

    /// <summary>
    /// The level of the line for an ended or rejected connection, by close reason. Default: <c>Warning</c> for violations and rejections,
    /// <c>Information</c> for all other reasons. <c>None</c> writes no line.
    /// </summary>
    [Displayable]
    public IDictionary<string, LogLevel> Levels { get; set; } = new Dictionary<string, LogLevel>(StringComparer.OrdinalIgnoreCase);
}
