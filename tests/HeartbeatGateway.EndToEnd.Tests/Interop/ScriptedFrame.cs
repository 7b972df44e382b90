namespace HeartbeatGateway.EndToEnd.Tests.Interop;

/// <summary>What a client sent.</summary>
internal sealed record ScriptedFrame(string Type, byte[] Content, string Token);
