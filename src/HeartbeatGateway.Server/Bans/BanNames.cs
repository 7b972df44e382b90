namespace HeartbeatGateway.Server.Bans;

/// <summary>The names of kinds of bans, in metrics, logs, files and the HTTP API.</summary>
public static class BanNames
{
    /// <summary>The name of a kind.</summary>
    /// <param name="kind">The kind.</param>
    public static string ToName(this BanKind kind) => kind switch
    {
        BanKind.Client => "client",
        BanKind.Address => "address",
        BanKind.Key => "key",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such kind of ban."),
    };

    /// <summary>The kind with a name; null for an unknown name.</summary>
    /// <param name="name">The name.</param>
    public static BanKind? Find(string? name) => name switch
    {
        "client" => BanKind.Client,
        "address" => BanKind.Address,
        "key" => BanKind.Key,
        _ => null,
    };
}
