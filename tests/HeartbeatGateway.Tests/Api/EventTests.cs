using System.Net;
using System.Net.Sockets;

namespace HeartbeatGateway.Tests.Api;

/// <summary>The stream of presence events, and the snapshot that it continues.</summary>
public sealed class EventTests
{
    [Fact]
    public async Task A_reader_sees_clients_connect_be_replaced_leave_and_reconnect()
    {
        await using var api = await ApiFixture.StartAsync();
        await using var reader = await EventReader.OpenAsync(api);
        var first = await api.ConnectAsync("pump-1", "instance-a");
        var second = await api.ConnectAsync("pump-1", "instance-a");
        second.Shutdown(SocketShutdown.Both);
        var third = await ReconnectedAsync(api, reader);
        Assert.Equal(["connected", "replaced", "disconnected", "reconnected"], third.Select(e => e.Name));
        Assert.Equal([1L, 2L, 3L, 4L], third.Select(e => e.Data.GetProperty("sequence").GetInt64()));
        Assert.All(third, e => Assert.Equal("pump-1", e.Data.GetProperty("clientId").GetString()));
        Assert.Equal("peer_closed", third[2].Data.GetProperty("reason").GetString());
        var (one, two) = (third[0].Data.GetProperty("connectionId").GetString(), third[1].Data.GetProperty("connectionId").GetString());
        Assert.Equal([null, one, null, two], third.Select(e => e.Data.GetProperty("previousConnectionId").GetString()));
        first.Dispose();
    }

    [Fact]
    public async Task The_snapshot_continues_into_the_events_without_gap_or_overlap()
    {
        await using var api = await ApiFixture.StartAsync();
        await api.ConnectAsync("pump-1");
        var snapshot = (await api.GetAsync("presence")).Json;
        Assert.Equal("pump-1", snapshot.GetProperty("clients")[0].GetProperty("clientId").GetString());
        await api.ConnectAsync("pump-2");
        await using var reader = await EventReader.OpenAsync(api, snapshot.GetProperty("lastEventId").GetString());
        var next = await reader.NextAsync();
        Assert.Equal(("connected", "pump-2"), (next.Name, next.Data.GetProperty("clientId").GetString()));
    }

    [Fact]
    public async Task A_reader_resumes_after_the_last_event_that_it_saw()
    {
        await using var api = await ApiFixture.StartAsync();
        string? last;
        await using (var reader = await EventReader.OpenAsync(api))
        {
            await api.ConnectAsync("pump-1");
            last = (await reader.NextAsync()).Id;
        }

        for (var i = 2; i < 50; i++) await api.ConnectAsync($"pump-{i}");
        await using var resumed = await EventReader.OpenAsync(api, last);
        for (var i = 2; i < 50; i++) Assert.Equal($"pump-{i}", (await resumed.NextAsync()).Data.GetProperty("clientId").GetString());
    }

    [Theory]
    [InlineData("text")]
    [InlineData("-1")]
    [InlineData("17")]
    [InlineData("0123456789abcdef--1")]
    [InlineData("0123456789abcdef-1.5")]
    [InlineData("0123456789ABCDEF-1")]
    [InlineData("0123456789abcdef-99999999999999999999")]
    public async Task An_id_that_is_none_is_refused(string id)
    {
        await using var api = await ApiFixture.StartAsync();
        (await api.GetAsync("events", ApiFixture.ReadKey, ("Last-Event-ID", id))).AssertProblem(HttpStatusCode.BadRequest, "invalid_event_id");
    }

    [Fact]
    public async Task Ids_of_the_future_and_of_another_run_are_gone_with_the_address_of_the_snapshot()
    {
        await using var api = await ApiFixture.StartAsync();
        var own = (await api.GetAsync("presence")).Json.GetProperty("lastEventId").GetString()!;
        foreach (var id in new[] { own[..^1] + "99", "0123456789abcdef-0" })
        {
            var answer = await api.GetAsync("events", ApiFixture.ReadKey, ("Last-Event-ID", id));
            answer.AssertProblem(HttpStatusCode.Gone, "events_gone");
            Assert.Equal("/api/v1/presence", answer.Json.GetProperty("snapshot").GetString());
        }
    }

    [Fact]
    public async Task Events_that_are_no_longer_kept_are_gone()
    {
        await using var api = await ApiFixture.StartAsync();
        var first = (await api.GetAsync("presence")).Json.GetProperty("lastEventId").GetString()!;
        // Each connection has two events, and the latest 16,384 are kept.
        for (var i = 0; i < 8_200; i++)
        {
            var client = await api.ConnectAsync("pump-1", "instance-a");
            client.Dispose();
            while (api.Host.Engine.LastPresenceEvent < 2 * (i + 1)) await Task.Yield();
        }

        (await api.GetAsync("events", ApiFixture.ReadKey, ("Last-Event-ID", first))).AssertProblem(HttpStatusCode.Gone, "events_gone");
    }

    [Fact]
    public async Task Readers_above_the_bound_are_refused_and_the_others_still_read()
    {
        await using var api = await ApiFixture.StartAsync("--Gateway:Admin:RequestsPerSecond=0");
        var readers = new List<EventReader>();
        for (var i = 0; i < 32; i++) readers.Add(await EventReader.OpenAsync(api));
        (await api.GetAsync("events")).AssertProblem(HttpStatusCode.ServiceUnavailable, "too_many_readers");
        await api.ConnectAsync("pump-1");
        foreach (var reader in readers) Assert.Equal("connected", (await reader.NextAsync()).Name);
        foreach (var reader in readers) await reader.DisposeAsync();
    }

    [Fact]
    public async Task A_withdrawn_key_ends_its_streams()
    {
        await using var api = await ApiFixture.StartAsync();
        await using var reader = await EventReader.OpenAsync(api);
        var keys = (HeartbeatGateway.Api.Access.ApiKeyRing)api.Host.App.Services.GetService(typeof(HeartbeatGateway.Api.Access.ApiKeyRing))!;
        keys.Configure(new HeartbeatGateway.Configuration.AdminOptions { Parsed = [new HeartbeatGateway.Configuration.AdminKey("other", "another-key-0123456789", HeartbeatGateway.Configuration.ApiScope.Read, null)] });
        await reader.EndsAsync();
        (await api.GetAsync("status")).AssertProblem(HttpStatusCode.Unauthorized, "key_required");
    }

    [Fact]
    public async Task Readers_see_the_disconnects_of_a_stop_before_their_streams_end()
    {
        await using var api = await ApiFixture.StartAsync();
        await using var reader = await EventReader.OpenAsync(api);
        var client = await api.ConnectAsync("pump-1");
        await reader.NextAsync();
        var stopping = api.Host.App.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal("shutdown", (await reader.NextAsync()).Data.GetProperty("reason").GetString());
        client.Shutdown(SocketShutdown.Both);
        await reader.EndsAsync();
        await stopping;
    }

    private static async Task<List<EventReader.Event>> ReconnectedAsync(ApiFixture api, EventReader reader)
    {
        var events = new List<EventReader.Event>();
        while (events.Count < 3) events.Add(await reader.NextAsync());
        await api.ConnectAsync("pump-1", "instance-a");
        events.Add(await reader.NextAsync());
        return events;
    }
}
