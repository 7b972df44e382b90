namespace HeartbeatGateway.Cli.Frames;

/// <summary>A field of a frame with its place and its meaning.</summary>
/// <param name="Name">Its name in docs/protocol.md.</param>
/// <param name="Offset">From the start of the input.</param>
/// <param name="Length">Bytes that are present.</param>
/// <param name="Value">What it says, for people.</param>
internal sealed record ExplainedField(string Name, int Offset, int Length, string Value);
