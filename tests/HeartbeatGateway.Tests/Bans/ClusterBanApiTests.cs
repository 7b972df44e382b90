using System.Net;
using HeartbeatGateway.Bans;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Tests.Api;
using HeartbeatGateway.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace HeartbeatGateway.Tests.Bans;

/// <summary>Bans by the API of two gateways of one cluster.</summary>
public sealed class ClusterBanApiTests
{
    private readonly FakeClusterBans _cluster = new();

    [Fact]
    public async Task A_ban_made_at_one_gateway_closes_the_client_at_the_other()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        var client = await two.ConnectAsync("pump-1");
        Assert.Equal(HttpStatusCode.Created, (await one.SendAsync("POST", "bans", body: """{"clientId":"pump-1"}""")).Status);
        Assert.Contains("\"reason\":\"banned\"", (await ApiFixture.ReadFrameAsync(client)).Content, StringComparison.Ordinal);
        Assert.Equal("operator", Assert.Single((await two.GetAsync("bans")).Json.GetProperty("bans").EnumerateArray()).GetProperty("createdBy").GetString());
    }

    [Fact]
    public async Task A_change_while_the_cluster_is_away_is_refused_and_the_bans_stay()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("bans.json");
        await using var api = await StartAsync($"--Gateway:Bans:File={file}");
        var id = (await api.SendAsync("POST", "bans", body: """{"clientId":"pump-1"}""")).Json.GetProperty("ban").GetProperty("id").GetString();
        _cluster.IsAway = true;
        (await api.SendAsync("POST", "bans", body: """{"clientId":"pump-2"}""")).AssertProblem(HttpStatusCode.ServiceUnavailable, "cluster_unavailable");
        (await api.SendAsync("DELETE", $"bans/{id}")).AssertProblem(HttpStatusCode.ServiceUnavailable, "cluster_unavailable");
        Assert.Equal("pump-1", Assert.Single((await api.GetAsync("bans")).Json.GetProperty("bans").EnumerateArray()).GetProperty("value").GetString());
        Assert.False(File.Exists(file));
        _cluster.IsAway = false;
        Assert.Equal(HttpStatusCode.NoContent, (await api.SendAsync("DELETE", $"bans/{id}")).Status);
        Assert.Empty(BanFileFormat.Read(_cluster.Content!, default));
    }

    [Fact]
    public async Task A_cluster_that_is_away_does_not_stop_the_start()
    {
        _cluster.IsAway = true;
        await using var api = await StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await api.GetAsync("bans")).Status);
    }

    private Task<ApiFixture> StartAsync(params string[] settings) =>
        ApiFixture.StartAsync(logs: null, builder => builder.Services.AddSingleton<IClusterBans>(_cluster), settings);
}
