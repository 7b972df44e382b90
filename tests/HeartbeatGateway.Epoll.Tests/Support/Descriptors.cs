namespace HeartbeatGateway.Epoll.Tests.Support;

/// <summary>The open file descriptors of the process.</summary>
internal static class Descriptors
{
    /// <summary>How many are of a kind: what the links in /proc/self/fd begin with ("socket:", "anon_inode:[eventfd]").</summary>
    public static int Count(string kind) => new DirectoryInfo("/proc/self/fd").EnumerateFileSystemInfos().Count(entry => entry.LinkTarget?.StartsWith(kind, StringComparison.Ordinal) == true);
}
