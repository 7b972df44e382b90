namespace HeartbeatGateway.Server.Options;

/// <summary>
/// Bans of client ids and addresses that connect again and again. Only hellos count whose token verifies and that are no replays, so that no other peer
/// can have a client banned.
/// </summary>
public sealed class AutomaticBanOptions
{
    /// <summary>Off (default), Observe or Enforce. Watch a fleet with Observe before Enforce.</summary>
    [Displayable]
    public AutomaticBanMode Mode { get; set; } = AutomaticBanMode.Off;

    /// <summary>The hellos of one client id within <see cref="Window"/> that are allowed. Default 30; 0 is off.</summary>
    [Displayable]
    public int MaxConnects { get; set; } = 30;

    /// <summary>The hellos from one address (an IPv6 /64 is one) within <see cref="Window"/> that are allowed. Default 0 (off), since fleets often share one address.</summary>
    [Displayable]
    public int MaxConnectsPerAddress { get; set; }

    /// <summary>The time in which hellos are counted; it begins with the first one. Default 1 min. Not 0.</summary>
    [Displayable]
    public TimeSpan Window { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a ban lasts. Default 10 min. Not 0.</summary>
    [Displayable]
    public TimeSpan Duration { get; set; } = TimeSpan.FromMinutes(10);
}
