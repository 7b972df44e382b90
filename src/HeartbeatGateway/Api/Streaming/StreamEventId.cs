using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;

namespace HeartbeatGateway.Api.Streaming;

/// <summary>
/// Names events for readers: the run of the gateway, a dash, the number of the event. Numbers begin again with each run, so that a number alone could
/// name another event after a restart.
/// </summary>
internal sealed class StreamEventId
{
    private const int RunLength = 16;

    private static readonly SearchValues<char> Hex = SearchValues.Create("0123456789abcdef");

    /// <summary>This run of the gateway.</summary>
    public string Run { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RunLength / 2));

    public string Write(long sequence) => string.Create(CultureInfo.InvariantCulture, $"{Run}-{sequence}");

    /// <summary>Reads an id.</summary>
    /// <param name="text">The text.</param>
    /// <param name="sequence">The number of the event; 0 when it is not one of this run.</param>
    /// <param name="isOfThisRun">False for an id of an earlier run of the gateway.</param>
    /// <returns>False when the text is no id.</returns>
    public bool TryRead(string text, out long sequence, out bool isOfThisRun)
    {
        (sequence, isOfThisRun) = (0, false);
        if (text.Length <= RunLength || text[RunLength] != '-' || text.AsSpan(0, RunLength).ContainsAnyExcept(Hex)) return false;
        if (!long.TryParse(text.AsSpan(RunLength + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return false;
        isOfThisRun = text.AsSpan(0, RunLength).SequenceEqual(Run);
        sequence = isOfThisRun ? number : 0;
        return true;
    }
}
