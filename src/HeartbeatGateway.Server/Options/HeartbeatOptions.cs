namespace HeartbeatGateway.Server.Options;

/// <summary>Idle timeouts and the bounds of negotiated heartbeats. Each idle limit is off at 0; durations are written <c>hh:mm:ss</c>.</summary>
public sealed class HeartbeatOptions
{
    /// <summary>
    /// Closes a connection from which no byte was read for this time. Default 7 s, as in the Netty heartbeat tutorial ("the article"): a ping every 5 s
    /// and 2 s of grace.
    /// </summary>
    [Displayable]
    public TimeSpan ReaderIdle { get; set; } = TimeSpan.FromSeconds(7);

    /// <summary>
    /// Candidates for <see cref="ReaderIdle"/>, up to 8, from a second to a day: <c>would_time_out_total</c> counts how often a client was silent for
    /// that long. They close nothing. Default: none.
    /// </summary>
    [Displayable]
    public IList<TimeSpan> ShadowReaderIdle { get; set; } = [];

    /// <summary>Sends a <c>ping</c> when nothing was written for this time. Default 0, since clients that send pings receive answers.</summary>
    [Displayable]
    public TimeSpan WriterIdle { get; set; }

    /// <summary>Closes a connection on which nothing was read or written for this time. Default 0, since the reader limit is stricter.</summary>
    [Displayable]
    public TimeSpan AllIdle { get; set; }

    /// <summary>
    /// The shortest heartbeat interval that a client's hello is granted. Default 1 s: more frequent heartbeats cost much and add little information.
    /// Not 0.
    /// </summary>
    [Displayable]
    public TimeSpan MinInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The longest heartbeat interval that a client's hello is granted. Default 1 min: a dead client is detected after one and a half intervals. Not 0.
    /// </summary>
    [Displayable]
    public TimeSpan MaxInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The shortest idle timeout of a client that asked for an interval. The timeout is one and a half intervals, but not below this. Default 3 s: TCP
    /// needs that long to retransmit a lost packet twice. Not 0.
    /// </summary>
    [Displayable]
    public TimeSpan MinTimeout { get; set; } = TimeSpan.FromSeconds(3);
}
