namespace HeartbeatGateway.Cli.Frames;

/// <summary>The answer of <see cref="HexDump.Read"/>: bytes, or what is wrong with the text.</summary>
/// <param name="Bytes">The bytes; empty when there is an error.</param>
/// <param name="Error">A sentence that names line and column; null when all is well.</param>
internal readonly record struct HexDumpResult(byte[] Bytes, string? Error);
