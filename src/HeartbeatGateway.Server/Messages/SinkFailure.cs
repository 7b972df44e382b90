namespace HeartbeatGateway.Server.Messages;

/// <summary>Names the sink, of several, that failed on a message.</summary>
internal sealed class SinkFailure(string sink, Exception inner) : Exception($"The message sink {sink} failed: {inner.Message}", inner);
