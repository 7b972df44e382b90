using System.Reflection;

namespace HeartbeatGateway.EndToEnd.Tests;

/// <summary>Paths of the repository and of the programs that tests start as processes.</summary>
internal static class Repository
{
    public static string Root { get; } = Metadata("RepositoryRoot");

    public static string GatewayDll { get; } = Output("src/HeartbeatGateway", "HeartbeatGateway.dll");

    public static string HbgDll { get; } = Output("src/HeartbeatGateway.Cli", "hbg.dll");

    /// <summary>The service in a host with a message sink that clients control; built with the slow tests only.</summary>
    public static string FaultHostDll { get; } = Output("tests/support/FaultHost", "HeartbeatGateway.FaultHost.dll");

    /// <summary>Kestrel with a handler that only answers pings.</summary>
    public static string BareDll { get; } = Output("tests/bench/bare", "kestrel-bare.dll");

    /// <summary>The service with in-memory clients; built with the slow tests only.</summary>
    public static string MillionDll { get; } = Output("tests/bench/Million", "HeartbeatGateway.Million.dll");

    public static string ArticleClientDll { get; } = Output("tests/interop/raw", "article-client.dll");

    private static string Output(string project, string file) => Path.Combine(Root, project, "bin", Metadata("Configuration"), "net10.0", file);

    private static string Metadata(string key) =>
        typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
