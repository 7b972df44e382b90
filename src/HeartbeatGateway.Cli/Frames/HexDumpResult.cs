namespace HeartbeatGateway.Cli.Frames;

/// <summary>The result of <see cref="HexDump.Read"/>: the bytes, or an error.</summary>
/// <param name="Bytes">The bytes; empty when there is an error.</param>
/// <param name="Error">A message that names line and column; null when the text is valid.</param>
internal readonly record struct HexDumpResult(byte[] Bytes, string? Error);
