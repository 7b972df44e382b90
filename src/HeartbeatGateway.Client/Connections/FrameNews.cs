using HeartbeatGateway.Client.Reconnecting;
using HeartbeatGateway.Protocol.Identity;

namespace HeartbeatGateway.Client.Connections;

/// <summary>What a received frame means for its connection.</summary>
/// <param name="IsPing">It is a ping: an answer, or a sign of life.</param>
/// <param name="Welcome">The gateway's answer to the hello.</param>
/// <param name="End">The connection ends.</param>
internal readonly record struct FrameNews(bool IsPing, WelcomePayload? Welcome, AttemptResult? End);
