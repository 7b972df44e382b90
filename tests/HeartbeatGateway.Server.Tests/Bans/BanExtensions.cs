using HeartbeatGateway.Server.Bans;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Bans;

/// <summary>Bans in tests.</summary>
internal static class BanExtensions
{
    public static Server.Bans.Ban Make(BanKind kind, string value) => Server.Bans.Ban.TryCreate(kind, value, out var ban, out var error) ? ban : throw new ArgumentException(error, nameof(value));

    public static BanEffect Ban(this EngineHarness gateway, BanKind kind, string value, TimeSpan? lasts = null) =>
        gateway.Engine.Bans.Add(Make(kind, value) with { CreatedAt = gateway.Time.GetUtcNow(), ExpiresAt = gateway.Time.GetUtcNow() + lasts });
}
