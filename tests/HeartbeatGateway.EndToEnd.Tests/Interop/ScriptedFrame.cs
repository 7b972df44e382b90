namespace HeartbeatGateway.EndToEnd.Tests.Interop;

/// <summary>A frame that a client sent.</summary>
internal sealed record ScriptedFrame(string Type, byte[] Content, string Token);
