using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Tests.Api;
using HeartbeatGateway.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace HeartbeatGateway.Tests.Cluster;

/// <summary>Starts the service as a node of a fake cluster.</summary>
internal static class ClusterApi
{
    public static Task<ApiFixture> StartAsync(FakeCluster cluster, LogText? logs = null, params string[] settings) =>
        ApiFixture.StartAsync(logs, builder => builder.Services.AddSingleton<ICluster>(cluster), ["--Gateway:Admin:RequestsPerSecond=0", .. settings]);

    /// <summary>The texts of a list.</summary>
    public static IEnumerable<string?> Texts(this System.Text.Json.JsonElement list, string? property = null) =>
        list.EnumerateArray().Select(item => property is null ? item.GetString() : item.GetProperty(property).GetString());
}
