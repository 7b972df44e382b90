namespace HeartbeatGateway.Fuzz;

/// <summary>Something that always holds did not.</summary>
internal sealed class FuzzException(string message) : Exception(message);
