namespace HeartbeatGateway.Cli.Api.Models;

/// <summary>The closed lists of names in the HTTP API that options of several commands accept. A test compares them with docs/api.md.</summary>
internal static class ApiNames
{
    /// <summary>The presence events.</summary>
    public static string[] Events { get; } = ["connected", "reconnected", "replaced", "disconnected", "node_lost"];

    /// <summary>What becomes of numbered messages in the end.</summary>
    public static string[] Deliveries { get; } = ["delivered", "expired", "dropped", "unknown"];

    /// <summary>How far connections have come.</summary>
    public static string[] States { get; } = ["handshaking", "connected", "closing"];

    /// <summary>Whose doing disconnects are.</summary>
    public static string[] Origins { get; } = ["client", "network", "gateway", "operator"];

    /// <summary>What timeouts are caused by.</summary>
    public static string[] Causes { get; } = ["client_silent", "network_loss", "interval_too_long", "gateway_stall"];

    /// <summary>Names for a sentence: "a, b or c".</summary>
    public static string Choice(IReadOnlyList<string> names) => $"{string.Join(", ", names.Take(names.Count - 1))} or {names[^1]}";
}
