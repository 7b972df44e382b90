namespace HeartbeatGateway.Server.Messages;

/// <summary>Where sinks are found. They may need the gateway, so they are asked for after it is made.</summary>
/// <param name="HasInProcess">The program has registered a sink of its own.</param>
/// <param name="InProcess">That sink; null when there is none.</param>
/// <param name="Named">The sinks that are registered by name.</param>
/// <param name="Lines">Tells whether the lines of the sink <c>log</c> were written; null when nothing does.</param>
internal sealed record SinkSources(bool HasInProcess, Func<IMessageSink?> InProcess, Func<IEnumerable<INamedMessageSink>> Named, ILogLines? Lines = null);
