namespace HeartbeatGateway.Cli.Terminals;

/// <summary>Formats a count with its noun.</summary>
internal static class Plural
{
    /// <summary><c>1 byte</c>, <c>2 bytes</c>.</summary>
    public static string Of(long count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";
}
