using HeartbeatGateway.Server.Options;

namespace HeartbeatGateway.Server.Context;

/// <summary>When client ids and addresses are banned for connecting too often. A copy: options may be changed by their owner.</summary>
internal sealed class AutomaticBanRules(AutomaticBanOptions options, TimeProvider timeProvider)
{
    /// <summary>False when they are reported only.</summary>
    public bool IsEnforced { get; } = options.Mode == AutomaticBanMode.Enforce;

    /// <summary>Allowed hellos of one client id in a window; 0 = no limit.</summary>
    public int MaxConnects { get; } = options.MaxConnects;

    /// <summary>Allowed hellos from one address in a window; 0 = no limit.</summary>
    public int MaxConnectsPerAddress { get; } = options.MaxConnectsPerAddress;

    public TimeSpan Window { get; } = options.Window;

    /// <summary>The window, in timestamp units.</summary>
    public long WindowUnits { get; } = timeProvider.ToTimestampUnits(options.Window);

    /// <summary>How long a ban lasts.</summary>
    public TimeSpan Duration { get; } = options.Duration;
}
