namespace HeartbeatGateway.Server.Tests.Clients;

/// <summary>The ways in which an old and a new connection of one identity can be related, and every order of a few events.</summary>
internal static class Meetings
{
    /// <summary>Old and new: of the same instance, of another, or of none; the new one's attempt lower, equal, higher or missing.</summary>
    public static IEnumerable<(IdentityModel.Visitor Old, IdentityModel.Visitor New)> Pairs()
    {
        (string? Old, string? New)[] instances = [("a", "a"), ("a", "b"), (null, null), ("a", null), (null, "a")];
        (long? Old, long? New)[] attempts = [(5, 4), (5, 5), (5, 6), (5, null), (null, 5), (null, null)];
        foreach (var (oldInstance, newInstance) in instances)
        {
            foreach (var (oldAttempt, newAttempt) in attempts) yield return (new("old", oldInstance, oldAttempt), new("new", newInstance, newAttempt));
        }
    }

    /// <summary>Every order of some values.</summary>
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
