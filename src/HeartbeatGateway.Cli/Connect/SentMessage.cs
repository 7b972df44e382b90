namespace HeartbeatGateway.Cli.Connect;

/// <summary>A message that this client sends.</summary>
/// <param name="Type">The type of its frame.</param>
/// <param name="Bytes">The length of its content.</param>
internal readonly record struct SentMessage(string Type, int Bytes);
