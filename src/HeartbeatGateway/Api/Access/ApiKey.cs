using System.Security.Cryptography;
using System.Text;
using HeartbeatGateway.Configuration;

namespace HeartbeatGateway.Api.Access;

/// <summary>A key in force. It holds the digest of the key's text and not the text.</summary>
internal sealed class ApiKey(AdminKey key)
{
    private readonly byte[] _digest = SHA256.HashData(Encoding.UTF8.GetBytes(key.Text));
    private long _lastUsed;

    public string Id { get; } = key.Id;

    public ApiScope Scope { get; } = key.Scope;

    public DateTimeOffset? ExpiresAt { get; } = key.ExpiresAt;

    /// <summary>When a request last presented it; null when none did since the start.</summary>
    public DateTimeOffset? LastUsed => Interlocked.Read(ref _lastUsed) is > 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    public bool IsExpired(DateTimeOffset now) => now >= ExpiresAt;

    /// <summary>Compares in constant time.</summary>
    public bool HasDigest(ReadOnlySpan<byte> digest) => CryptographicOperations.FixedTimeEquals(digest, _digest);

    /// <summary>The same key with the same rights, after the configuration was read again.</summary>
    public bool IsSameAs(ApiKey other) => Id == other.Id && Scope == other.Scope && HasDigest(other._digest);

    public void Used(DateTimeOffset now) => Interlocked.Exchange(ref _lastUsed, now.UtcTicks);

    public void TakeOver(ApiKey earlier) => _lastUsed = Interlocked.Read(ref earlier._lastUsed);
}
