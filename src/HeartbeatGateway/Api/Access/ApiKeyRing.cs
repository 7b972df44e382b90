using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using HeartbeatGateway.Configuration;

namespace HeartbeatGateway.Api.Access;

/// <summary>The API keys in force. Replaced as a whole when the configuration changes. Thread-safe.</summary>
internal sealed class ApiKeyRing
{
    private readonly TimeProvider _timeProvider;
    private volatile State _state = new([], new AdminOptions());

    public ApiKeyRing(TimeProvider timeProvider, ServiceOptions options)
    {
        _timeProvider = timeProvider;
        Configure(options.Admin);
    }

    public ImmutableArray<ApiKey> Keys => _state.Keys;

    public AdminOptions Options => _state.Options;

    /// <summary>True when a caller on loopback needs no key.</summary>
    public bool AllowsLoopback => _state.Keys.IsEmpty;

    public void Configure(AdminOptions options)
    {
        var before = _state.Keys;
        ImmutableArray<ApiKey> keys = [.. options.Parsed.Select(key => new ApiKey(key))];
        foreach (var key in keys)
        {
            if (before.FirstOrDefault(key.IsSameAs) is { } same) key.TakeOver(same);
        }

        _state = new State(keys, options);
    }

    /// <summary>The key with a text; null when there is none. Takes the same time for every text: each key is compared.</summary>
    public ApiKey? Find(string text)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), digest);
        ApiKey? found = null;
        foreach (var key in _state.Keys)
        {
            if (key.HasDigest(digest)) found = key;
        }

        return found;
    }

    /// <summary>True while a caller that was let in may still be: its key is configured with the same scope and has not expired.</summary>
    public bool StillAllows(ApiCaller caller)
    {
        if (caller.Key is not { } key) return AllowsLoopback;
        return !key.IsExpired(_timeProvider.GetUtcNow()) && _state.Keys.Any(key.IsSameAs);
    }

    private sealed record State(ImmutableArray<ApiKey> Keys, AdminOptions Options);
}
