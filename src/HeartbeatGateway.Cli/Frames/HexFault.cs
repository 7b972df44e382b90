namespace HeartbeatGateway.Cli.Frames;

/// <summary>What is wrong with a text of hex digits.</summary>
/// <param name="Column">Where, from 0.</param>
/// <param name="Message">A sentence.</param>
internal readonly record struct HexFault(int Column, string Message);
