namespace HeartbeatGateway.Server.Bans;

/// <summary>A ban, and whom it matches.</summary>
/// <param name="Ban">The ban.</param>
/// <param name="Refused">Connections that it refused so far, in this process.</param>
/// <param name="Count">Open connections that it matches.</param>
/// <param name="Names">The first 100 of them: client ids, and <c>#</c> with the number of the connection for those without one.</param>
public sealed record BanMatches(Ban Ban, long Refused, int Count, IReadOnlyList<string> Names);
