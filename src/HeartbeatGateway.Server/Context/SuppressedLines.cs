namespace HeartbeatGateway.Server.Context;

/// <summary>Log lines of one kind that were suppressed.</summary>
/// <param name="Count">How many.</param>
/// <param name="Addresses">The addresses with the most of them, each with its number.</param>
internal readonly record struct SuppressedLines(long Count, string Addresses);
