namespace HeartbeatGateway.Cli.Load;

/// <summary>A bound and its result.</summary>
/// <param name="Name">The option that sets the bound.</param>
/// <param name="Bound">The required value.</param>
/// <param name="Value">The measured value.</param>
/// <param name="Met">True when the run met the bound.</param>
internal sealed record LoadBound(string Name, string Bound, string Value, bool Met);
