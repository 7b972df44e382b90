namespace HeartbeatGateway.Cli.Load;

/// <summary>A bound and what came of it.</summary>
/// <param name="Name">The option.</param>
/// <param name="Bound">What was asked for.</param>
/// <param name="Value">What was measured.</param>
/// <param name="Met">Whether it was kept.</param>
internal sealed record LoadBound(string Name, string Bound, string Value, bool Met);
