using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;

namespace HeartbeatGateway.Server.Delivery;

/// <summary>Names messages: a random text of one process, a dash, a number.</summary>
internal sealed class DeliveryIds
{
    private const int MaxProcessChars = 32;

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    private readonly string _process;
    private long _last;

    public DeliveryIds()
        : this(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)))
    {
    }

    private DeliveryIds(string process) => _process = process;

    /// <summary>The other ones name messages of the same process.</summary>
    public bool IsSameAs(DeliveryIds other) => _process == other._process;

    public long Next() => Interlocked.Increment(ref _last);

    public string Write(long number) => string.Create(CultureInfo.InvariantCulture, $"{_process}-{number}");

    /// <summary>Reads the id of a message of any process.</summary>
    /// <param name="id">The id.</param>
    /// <param name="ids">These ids, when the message is one of this process; else those of the other process.</param>
    /// <param name="number">Its number.</param>
    /// <returns>False when it is no id.</returns>
    public bool TryRead(string? id, [NotNullWhen(true)] out DeliveryIds? ids, out long number)
    {
        (ids, number) = (null, 0);
        if (id is null || id.IndexOf('-') is not (> 0 and <= MaxProcessChars and var dash)) return false;
        if (!long.TryParse(id.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out number)) return false;
        var process = id.AsSpan(0, dash);
        if (process.ContainsAnyExcept(Digits)) return false;
        ids = process.SequenceEqual(_process) ? this : new DeliveryIds(process.ToString());
        return true;
    }
}
