using System.Globalization;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Server.Context;

/// <summary>
/// Says in one sentence what ended a connection: the value seen and the limit, for the log and the <c>close</c> frame. Bytes of a peer are shown in hex
/// only, and each sentence is shorter than <see cref="MaxChars"/>.
/// </summary>
internal static class CloseDetails
{
    /// <summary>A <c>close</c> frame fits the smallest bound of pending output (4,096 bytes) many times.</summary>
    public const int MaxChars = 256;

    public static string BadLength(int length, int limit, int limitOfClients)
    {
        var seen = length < 0 ? Invariant($"content of {length} bytes, which is negative; the limit is {limit}") : Invariant($"content of {length} bytes; the limit is {limit}");
        return limit < limitOfClients ? Invariant($"{seen} before the first valid frame of a connection, and {limitOfClients} after it") : seen;
    }

    /// <param name="start">The bytes where a frame must start.</param>
    public static string BadMagic(ReadOnlySpan<byte> start) =>
        $"a frame must start with 00 00 00 76, and these bytes are {string.Join(' ', Convert.ToHexString(start).Chunk(2).Select(pair => new string(pair)))}";

    public static string Truncated(long received, int declared) => received < FrameFormat.HeaderLength
        ? Invariant($"the stream ended after {received} bytes of a frame, whose header has {FrameFormat.HeaderLength}")
        : Invariant($"the stream ended after {received - FrameFormat.HeaderLength} of {declared} bytes of content");

    /// <param name="created">The field, escaped.</param>
    public static string BadDate(string created) => $"created is '{created}', which is no existing date in the form yyyy-MM-dd HH:mm:ss";

    /// <param name="skewSeconds">The date of the frame minus the gateway's clock.</param>
    /// <param name="maxAge">The largest difference.</param>
    public static string WrongClock(long skewSeconds, TimeSpan maxAge) =>
        Invariant($"the frame is dated {Math.Abs(skewSeconds)} s {(skewSeconds < 0 ? "before" : "after")} this gateway's time; the limit is {maxAge.TotalSeconds} s");

    public static string ReaderIdle(TimeSpan limit) => Invariant($"no byte was received for {limit.TotalSeconds:0.###} s, the reader-idle limit of this connection");

    public static string AllIdle(TimeSpan limit) => Invariant($"no byte was received or sent for {limit.TotalSeconds:0.###} s, the all-idle limit");

    public static string FrameTimeout(int declared, TimeSpan limit) =>
        Invariant($"a frame with {declared} bytes of content was not complete after {limit.TotalSeconds:0.###} s, the limit for this length");

    public static string MaxAge(TimeSpan age) => Invariant($"the maximum age of a connection is {age.TotalSeconds:0.###} s, plus or minus a tenth");

    public static string PingFlood(int perSecond, int strikes) => Invariant($"more than {perSecond} pings a second, in {strikes} seconds in a row");

    public static string Memory(int declared) => Invariant($"the gateway's memory is at its limit, so a frame with {declared} bytes of content cannot begin");

    public static string Undelivered(long number) => Invariant($"the message sink gave up message {number}; send it again on the next connection");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
