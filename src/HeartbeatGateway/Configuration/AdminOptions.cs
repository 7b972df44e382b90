using HeartbeatGateway.Server.Options;

namespace HeartbeatGateway.Configuration;

/// <summary>Access to the HTTP API.</summary>
internal sealed class AdminOptions
{
    /// <summary>The keys that callers present as <c>Authorization: Bearer</c>. Without any, only callers on loopback may read.</summary>
    public IList<AdminKeyOptions> Keys { get; set; } = [];

    /// <summary>Without keys, callers on loopback may also send and change. For Development. Default false.</summary>
    [Displayable]
    public bool AllowLoopbackChanges { get; set; }

    /// <summary><c>/metrics</c> needs the scope <c>read</c> too. Default false.</summary>
    [Displayable]
    public bool RequireKeyForMetrics { get; set; }

    /// <summary>The most requests per second of one key, with a burst of twice that. Default 100. Further ones are answered with 429. 0 is off.</summary>
    [Displayable]
    public int RequestsPerSecond { get; set; } = 100;

    /// <summary>The keys, read and checked.</summary>
    internal IReadOnlyList<AdminKey> Parsed { get; set; } = [];
}

/// <summary>One key of the HTTP API.</summary>
internal sealed class AdminKeyOptions
{
    /// <summary>Names the key in logs, the audit and errors: 1 to 128 characters of A-Z a-z 0-9 . _ : -. Default <c>admin-</c> and its number, from 1.</summary>
    [Displayable]
    public string? Id { get; set; }

    /// <summary>The key, at least 16 bytes.</summary>
    [Secret]
    public string? Key { get; set; }

    /// <summary>A file that contains the key, instead of <see cref="Key"/>.</summary>
    [Displayable]
    public string? KeyFile { get; set; }

    /// <summary>What the key allows. Each scope includes the ones before it. Default Read.</summary>
    [Displayable]
    public ApiScope Scope { get; set; } = ApiScope.Read;

    /// <summary>From this time on the key is refused. ISO 8601 with an offset. Null: it does not expire.</summary>
    [Displayable]
    public DateTimeOffset? ExpiresAt { get; set; }
}

/// <summary>What a caller of the HTTP API may do. Each scope includes the ones before it.</summary>
internal enum ApiScope
{
    /// <summary>See clients, events and history.</summary>
    Read = 1,

    /// <summary>Send messages to clients.</summary>
    Send,

    /// <summary>Close connections, ban and drain.</summary>
    Admin,
}
