namespace HeartbeatGateway.Fuzz;

/// <summary>An input has broken an invariant.</summary>
internal sealed class FuzzException(string message) : Exception(message);
