namespace HeartbeatGateway.Cli.Frames;

/// <summary>A fault in hex text.</summary>
/// <param name="Column">The column of the fault, from 0.</param>
/// <param name="Message">The fault as a sentence.</param>
internal readonly record struct HexFault(int Column, string Message);
