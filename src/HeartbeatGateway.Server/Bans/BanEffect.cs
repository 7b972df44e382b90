namespace HeartbeatGateway.Server.Bans;

/// <summary>What a new ban did.</summary>
/// <param name="Matches">The ban, and the connections that it matched when it came in force.</param>
/// <param name="Closed">How many of them it closed; the others had ended meanwhile.</param>
public sealed record BanEffect(BanMatches Matches, int Closed);
