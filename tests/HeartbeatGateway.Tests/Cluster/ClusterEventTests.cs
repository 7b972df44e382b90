using System.Net;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Tests.Api;
using HeartbeatGateway.Tests.Support;

namespace HeartbeatGateway.Tests.Cluster;

/// <summary>The stream of presence events of all nodes.</summary>
public sealed class ClusterEventTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_reader_sees_the_changes_of_all_nodes_with_the_node_of_each()
    {
        var cluster = new FakeCluster(new FakeNode("node-b", 1));
        await using var api = await StartAsync(cluster);
        await using var reader = await EventReader.OpenAsync(api);
        cluster.Happened(Change("connected", "pump-1") with { Session = "5e0d" });
        cluster.Happened(Change("disconnected", "pump-1") with { Reason = "reader_idle", Cause = "network_loss" });
        cluster.Happened(Change("disconnected", "pump-2") with { Reason = "of_a_newer_version" });
        cluster.Happened(Change("node_lost", "pump-3"));
        List<EventReader.Event> events = [await reader.NextAsync(), await reader.NextAsync(), await reader.NextAsync(), await reader.NextAsync()];
        Assert.Equal(["connected", "disconnected", "disconnected", "node_lost"], events.Select(e => e.Name));
        Assert.Equal(
            """{"sequence":1,"time":"2026-11-28T12:00:00+00:00","clientId":"pump-1","connectionId":"7","previousConnectionId":null,"generation":42,"sessionId":"5e0d","address":null,"reason":null,"origin":null,"cause":null,"node":"node-b"}""",
            events[0].Data.GetRawText());
        Assert.Equal([null, "network", null, "gateway"], events.Select(e => e.Data.GetProperty("origin").GetString()));
        Assert.Equal("of_a_newer_version", events[2].Data.GetProperty("reason").GetString());
    }

    [Fact]
    public async Task A_reader_resumes_after_the_last_event_that_it_saw()
    {
        var cluster = new FakeCluster();
        await using var api = await StartAsync(cluster);
        string? last;
        await using (var reader = await EventReader.OpenAsync(api))
        {
            cluster.Happened(Change("connected", "pump-1"));
            last = (await reader.NextAsync()).Id;
        }

        cluster.Happened(Change("connected", "pump-2"));
        await using var again = await EventReader.OpenAsync(api, last);
        Assert.Equal("pump-2", (await again.NextAsync()).Data.GetProperty("clientId").GetString());

        // Another node has numbers of its own, as a gateway has after a restart.
        var answer = await api.GetAsync("events", ApiFixture.ReadKey, ("Last-Event-ID", "0011223344556677-1"));
        answer.AssertProblem(HttpStatusCode.Gone, "events_gone");
        Assert.Equal("/api/v1/presence", answer.Json.GetProperty("snapshot").GetString());
    }

    [Fact]
    public async Task Lost_events_end_the_readers_and_what_came_before_cannot_be_resumed()
    {
        var cluster = new FakeCluster();
        await using var api = await StartAsync(cluster);
        await using var reader = await EventReader.OpenAsync(api);
        cluster.Happened(Change("connected", "pump-1"));
        var last = (await reader.NextAsync()).Id!;
        cluster.Happened(Change("connected", "pump-2") with { FollowsGap = true });
        await reader.EndsAsync();
        (await api.GetAsync("events", ApiFixture.ReadKey, ("Last-Event-ID", last))).AssertProblem(HttpStatusCode.Gone, "events_gone");
    }

    [Fact]
    public async Task A_failure_to_follow_is_logged_once_tried_again_and_told_as_a_gap()
    {
        var cluster = new FakeCluster { FailsToFollow = true };
        using var logs = new LogText();
        await using var api = await ClusterApi.StartAsync(cluster, logs, "--Serilog:MinimumLevel:Default=Error");
        await using var reader = await EventReader.OpenAsync(api);
        await cluster.Followed.Task.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        cluster.Happened(Change("connected", "pump-1"));
        await reader.EndsAsync();
        await logs.SawAsync("ClusterEventsFailed", "The stream cannot be read.");
        Assert.Equal(1, logs.Count("ClusterEventsFailed"));
    }

    private static async Task<ApiFixture> StartAsync(FakeCluster cluster)
    {
        var api = await ClusterApi.StartAsync(cluster);
        await cluster.Followed.Task.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        return api;
    }

    private static ClusterEvent Change(string change, string clientId) => new("3:1-0", change, clientId, 42, "epoch-of-node-b", "node-b", "7", At);
}
