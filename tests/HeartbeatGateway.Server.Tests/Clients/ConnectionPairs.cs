namespace HeartbeatGateway.Server.Tests.Clients;

/// <summary>The possible relations of an old and a new connection of one identity, and every order of a few events.</summary>
internal static class ConnectionPairs
{
    /// <summary>An old and a new connection: of the same instance, of different ones, or of none. The new attempt is lower, equal, higher or missing.</summary>
    public static IEnumerable<(IdentityModel.Peer Old, IdentityModel.Peer New)> Pairs()
    {
        (string? Old, string? New)[] instances = [("a", "a"), ("a", "b"), (null, null), ("a", null), (null, "a")];
        (long? Old, long? New)[] attempts = [(5, 4), (5, 5), (5, 6), (5, null), (null, 5), (null, null)];
        foreach (var (oldInstance, newInstance) in instances)
        {
            foreach (var (oldAttempt, newAttempt) in attempts) yield return (new("old", oldInstance, oldAttempt), new("new", newInstance, newAttempt));
        }
    }

    /// <summary>Every order of the values.</summary>
    public static IEnumerable<T[]> Orders<T>(params T[] values)
    {
        if (values.Length == 0) yield return [];
        for (var i = 0; i < values.Length; i++)
        {
            T[] others = [.. values[..i], .. values[(i + 1)..]];
            foreach (var rest in Orders(others)) yield return [values[i], .. rest];
        }
    }
}
