using System.Globalization;
using System.Security.Cryptography;

namespace HeartbeatGateway.Server.Delivery;

/// <summary>Names messages: a random text of this process, a dash, a number.</summary>
internal sealed class DeliveryIds
{
    private readonly string _process = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
    private long _last;

    public long Next() => Interlocked.Increment(ref _last);

    public string Write(long number) => string.Create(CultureInfo.InvariantCulture, $"{_process}-{number}");
}
