namespace HeartbeatGateway.Cli.Frames;

/// <summary>A field of a frame with its offset and its value.</summary>
/// <param name="Name">The name of the field in docs/protocol.md.</param>
/// <param name="Offset">Offset from the start of the input.</param>
/// <param name="Length">Number of bytes that are present.</param>
/// <param name="Value">The value as readable text.</param>
internal sealed record ExplainedField(string Name, int Offset, int Length, string Value);
