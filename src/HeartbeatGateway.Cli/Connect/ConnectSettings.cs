namespace HeartbeatGateway.Cli.Connect;

/// <summary>How a session goes.</summary>
/// <param name="Type">The type of what is sent.</param>
/// <param name="Stay">How long it lasts; null: until the input ends or somebody leaves.</param>
/// <param name="GiveUpAfter">How long the first connection may take; null: for ever.</param>
internal sealed record ConnectSettings(string Type, TimeSpan? Stay, TimeSpan? GiveUpAfter);
