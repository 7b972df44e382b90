using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Api.Access;
using HeartbeatGateway.Api.Snapshots;
using HeartbeatGateway.Cluster;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Health;
using HeartbeatGateway.Server;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace HeartbeatGateway.Tests.Api;

/// <summary>The stream of snapshots that the status page shows.</summary>
public sealed class SnapshotTests
{
    [Fact]
    public async Task A_reader_gets_the_history_that_nobody_read_and_then_each_snapshot()
    {
        await using var api = await ApiFixture.StartAsync();
        var history = api.Host.App.Services.GetRequiredService<SnapshotHistory>();
        while (history.After(0).Snapshots.Count < 2) await history.After(0).Next.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        await api.ConnectAsync("pump-1");
        await using var reader = await EventReader.OpenAsync(api, path: "snapshots");
        var first = await reader.NextAsync();
        Assert.Equal("history", first.Name);
        Assert.True(first.Data.GetArrayLength() >= 2);
        var last = first.Data[first.Data.GetArrayLength() - 1];
        var next = await reader.NextAsync();
        Assert.Equal("snapshot", next.Name);
        Assert.Equal(1, next.Data.GetProperty("connected").GetInt32());
        Assert.Equal(1, next.Data.GetProperty("open").GetInt32());
        Assert.Equal(1, next.Data.GetProperty("opened").GetInt64());
        Assert.False(next.Data.GetProperty("isDraining").GetBoolean());
        Assert.True(next.Data.GetProperty("time").GetDateTimeOffset() > last.GetProperty("time").GetDateTimeOffset());
    }

    [Fact]
    public async Task The_rate_is_that_since_the_snapshot_before()
    {
        await using var host = await ServiceHost.StartAsync();
        var time = new TestClock();
        var source = SourceOf(host, time);
        using var client = await host.ConnectAsync();
        for (var i = 0; i < 10; i++) await ServiceHost.PingAsync(client);
        time.Advance(TimeSpan.FromSeconds(2));
        var snapshot = source.Take();
        Assert.Equal((10, 5.0), (snapshot.Heartbeats, snapshot.HeartbeatsPerSecond));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0.0, source.Take().HeartbeatsPerSecond);
    }

    [Fact]
    public async Task Timeouts_and_reconnects_are_counted_with_the_causes_of_the_timeouts()
    {
        await using var api = await ApiFixture.StartAsync("--Gateway:Heartbeat:ReaderIdle=00:00:01");
        var source = SourceOf(api.Host, TimeProvider.System);
        await api.ConnectAnonymousAsync();
        await api.Host.ReachesAsync("heartbeatgateway_connected_clients", 0);
        var first = await api.ConnectAsync("pump-1", "instance-a");
        first.Shutdown(SocketShutdown.Both);
        await api.Host.ReachesAsync("heartbeatgateway_connected_clients", 0);
        await api.ConnectAsync("pump-1", "instance-a");
        var snapshot = source.Take();
        Assert.True(snapshot.Timeouts >= 1);
        Assert.Equal(snapshot.Timeouts, snapshot.TimeoutCauses.Values.Sum());
        Assert.True(snapshot.Reconnects >= 1);
        Assert.True(snapshot.Closed >= 2);
    }

    [Fact]
    public async Task A_refused_configuration_and_a_drain_are_shown()
    {
        await using var host = await ServiceHost.StartAsync();
        var source = SourceOf(host, TimeProvider.System);
        Assert.Equal((null, null, false), (source.Take().ConfigurationRefused, source.Take().NotReady, source.Take().IsDraining));
        host.App.Services.GetRequiredService<ReloadStatus>().Refused(new InvalidOperationException());
        Assert.Equal("an error without a key", source.Take().ConfigurationRefused);
        await host.Engine.StopAsync(TimeSpan.Zero, TestContext.Current.CancellationToken);
        Assert.Equal(("stopping", true), (source.Take().NotReady, source.Take().IsDraining));
    }

    [Fact]
    public void Five_minutes_are_kept_and_a_reader_that_is_behind_gets_what_it_missed()
    {
        var history = new SnapshotHistory();
        var first = history.After(0);
        Assert.Empty(first.Snapshots);
        for (var i = 0; i < 350; i++) history.Add(Number(i));
        Assert.True(first.Next.IsCompleted);
        Assert.Equal(Enumerable.Range(50, 300), history.After(0).Snapshots.Select(s => s.Connected));
        Assert.Equal([347, 348, 349], history.After(347).Snapshots.Select(s => s.Connected));
        Assert.Equal(350, history.After(347).Last);
        Assert.Empty(history.After(350).Snapshots);
    }

    [Fact]
    public void Timeouts_are_told_by_their_cause_and_by_their_kind_where_there_is_none()
    {
        var reading = new CounterReading();
        reading.Add("timeouts", 3, [new("kind", "reader_idle"), new("cause", "network_loss")]);
        reading.Add("timeouts", 2, [new("kind", "all_idle"), new("cause", "network_loss")]);
        reading.Add("timeouts", 1, [new("kind", "handshake"), new("cause", "")]);
        reading.Add("timeouts", 0, [new("kind", "write")]);
        Assert.Equal(6, reading.Count("timeouts"));
        Assert.Equal([("handshake", 1L), ("network_loss", 5L)], reading.TimeoutCauses.Select(c => (c.Key, c.Value)).OrderBy(c => c.Key, StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_withdrawn_key_ends_the_stream()
    {
        await using var api = await ApiFixture.StartAsync();
        await using var reader = await EventReader.OpenAsync(api, path: "snapshots");
        await reader.NextAsync();
        var keys = api.Host.App.Services.GetRequiredService<ApiKeyRing>();
        keys.Configure(new AdminOptions { Parsed = [new AdminKey("other", "another-key-0123456789", ApiScope.Read, null)] });
        await EndsAsync(reader);
    }

    [Fact]
    public async Task A_stop_ends_the_stream()
    {
        await using var api = await ApiFixture.StartAsync();
        await using var reader = await EventReader.OpenAsync(api, path: "snapshots");
        await reader.NextAsync();
        var stopping = api.Host.App.StopAsync(TestContext.Current.CancellationToken);
        await EndsAsync(reader);
        await stopping;
    }

    [Fact]
    public async Task Readers_above_the_bound_are_refused_and_those_of_events_are_counted_apart()
    {
        await using var api = await ApiFixture.StartAsync("--Gateway:Admin:RequestsPerSecond=0");
        var readers = new List<EventReader>();
        for (var i = 0; i < 32; i++) readers.Add(await EventReader.OpenAsync(api, path: "snapshots"));
        (await api.GetAsync("snapshots")).AssertProblem(HttpStatusCode.ServiceUnavailable, "too_many_readers");
        readers.Add(await EventReader.OpenAsync(api));
        foreach (var reader in readers) await reader.DisposeAsync();
    }

    /// <summary>Snapshots may come until the end.</summary>
    private static async Task EndsAsync(EventReader reader)
    {
        while (await reader.TryNextAsync() is not null)
        {
        }
    }

    private static SnapshotSource SourceOf(ServiceHost host, TimeProvider time)
    {
        var services = host.App.Services;
        return new SnapshotSource(
            services.GetRequiredService<IHeartbeatGateway>(), new CounterReader(services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>()), services.GetRequiredService<Readiness>(), services.GetRequiredService<ReloadStatus>(), services.GetRequiredService<NodeQuestions>(), time);
    }

    private static Snapshot Number(int number) => new()
    {
        Time = DateTimeOffset.UnixEpoch.AddSeconds(number),
        Connected = number,
        Open = number,
        HeartbeatsPerSecond = 0,
        Heartbeats = 0,
        Timeouts = 0,
        TimeoutCauses = new Dictionary<string, long>(StringComparer.Ordinal),
        Reconnects = 0,
        Opened = 0,
        Closed = 0,
        Rejected = 0,
        Rejections = new Dictionary<string, long>(StringComparer.Ordinal),
        Stalls = 0,
        StallSeconds = 0,
        IsDraining = false,
        NotReady = null,
        ConfigurationRefused = null,
    };
}
