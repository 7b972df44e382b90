namespace HeartbeatGateway.Server.Options;

/// <summary>The names of the sinks that <c>Gateway:Messages:Sinks</c> may choose.</summary>
public static class SinkKinds
{
    /// <summary>A log line for each message.</summary>
    public const string Log = "log";

    /// <summary>The message sink of the program that embeds the gateway.</summary>
    public const string InProcess = "inprocess";

    /// <summary>HTTP requests to a receiver in another process. The service has it; the engine alone has not.</summary>
    public const string Webhook = "webhook";

    /// <summary>Streams of Redis. The service has it in a cluster; the engine alone has not.</summary>
    public const string Redis = "redis";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Log, InProcess, Webhook, Redis];
}
