using HeartbeatGateway.Server.Options;

namespace HeartbeatGateway.Server.Context;

/// <summary>How many log lines of one kind may be written, in all and about one address.</summary>
/// <param name="Burst">Lines of the kind at once.</param>
/// <param name="Interval">Timestamp units until another line of the kind may be written.</param>
/// <param name="AddressBurst">Lines about one address at once.</param>
/// <param name="AddressInterval">Timestamp units until another line about the address may be written.</param>
internal readonly record struct LineBudget(int Burst, long Interval, int AddressBurst, long AddressInterval)
{
    /// <summary>Lines that any address may use. The last quarter is kept for addresses that wrote little, so that a few busy ones cannot silence the others.</summary>
    public int Shared => Burst - (Burst / 4);

    public static LineBudget From(LoggingOptions options, TimeProvider timeProvider) => new(
        options.Burst, timeProvider.TimestampFrequency / options.LinesPerSecond, options.AddressBurst, timeProvider.TimestampFrequency / options.AddressLinesPerSecond);
}
