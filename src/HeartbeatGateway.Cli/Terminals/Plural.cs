namespace HeartbeatGateway.Cli.Terminals;

/// <summary>Counts with their nouns.</summary>
internal static class Plural
{
    /// <summary><c>1 beat</c>, <c>2 beats</c>.</summary>
    public static string Of(long count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";
}
