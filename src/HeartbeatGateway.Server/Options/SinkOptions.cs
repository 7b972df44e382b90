namespace HeartbeatGateway.Server.Options;

/// <summary>One sink of application messages.</summary>
public sealed class SinkOptions
{
    /// <summary>Which one: <c>log</c>, <c>inprocess</c>, <c>webhook</c> or <c>redis</c>. Each stands once.</summary>
    [Displayable]
    public string Kind { get; set; } = "";

    /// <summary>
    /// Its responsibility is needed before a message is acknowledged, and while it is full the senders wait. A sink that is not required never delays anything: what
    /// it cannot take is dropped and counted. At least one sink is required. Default true.
    /// </summary>
    [Displayable]
    public bool Required { get; set; } = true;
}
