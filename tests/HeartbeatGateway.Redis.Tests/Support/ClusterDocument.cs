namespace HeartbeatGateway.Redis.Tests.Support;

/// <summary>What docs/cluster.md shows.</summary>
internal static class ClusterDocument
{
    public static string Text { get; } = File.ReadAllText(Path.Combine(Root(), "docs", "cluster.md"));

    /// <summary>The first code block behind a heading.</summary>
    /// <param name="heading">The heading, without its marks.</param>
    /// <param name="language">The language of the block, as it is named at its begin.</param>
    public static string BlockUnder(string heading, string language)
    {
        var start = Text.IndexOf($"# {heading}\n", StringComparison.Ordinal);
        Assert.True(start >= 0, $"docs/cluster.md has no heading '{heading}'.");
        return Between($"\n```{language}\n", "```", start);
    }

    /// <summary>The rules of a documented user for Redis, for another prefix.</summary>
    /// <returns>What <c>ACL SETUSER</c> is called with; the password is <c>secret</c>.</returns>
    public static string[] AclOf(string user, string prefix) =>
        ["ACL", "SETUSER", .. Between($"ACL SETUSER {user} ", "```", 0).Replace("PASSWORD", "secret", StringComparison.Ordinal)
            .Split((char[])[' ', '\n', '\\'], StringSplitOptions.RemoveEmptyEntries).Select(w => w.Replace("heartbeatgateway", prefix, StringComparison.Ordinal)).Prepend(user)];

    private static string Between(string before, string after, int from)
    {
        var start = Text.IndexOf(before, from, StringComparison.Ordinal) + before.Length;
        return Text[start..Text.IndexOf(after, start, StringComparison.Ordinal)];
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "HeartbeatGateway.sln"))) folder = folder.Parent;
        return folder.FullName;
    }
}
