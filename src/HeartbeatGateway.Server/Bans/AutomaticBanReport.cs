using HeartbeatGateway.Server.Options;

namespace HeartbeatGateway.Server.Bans;

/// <summary>What automatic bans have done, or would have done.</summary>
/// <param name="Mode">Whether they are off, observed or enforced.</param>
/// <param name="Made">Bans that were made since the start.</param>
/// <param name="Observed">Bans that would have been made since the start, in observe mode.</param>
/// <param name="WouldBeBanned">Those that would be in force now, the latest first; at most 100.</param>
public sealed record AutomaticBanReport(AutomaticBanMode Mode, long Made, long Observed, IReadOnlyList<Ban> WouldBeBanned);
