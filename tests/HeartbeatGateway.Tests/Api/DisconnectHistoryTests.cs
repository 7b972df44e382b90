using System.Globalization;
using System.Net;
using System.Text.Json;
using HeartbeatGateway.Server.Clients;

namespace HeartbeatGateway.Tests.Api;

/// <summary>The list of ended connections, and the filters of the audit.</summary>
public sealed class DisconnectHistoryTests
{
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_timeout_has_its_post_mortem_in_the_list_and_in_the_event()
    {
        await using var api = await ApiFixture.StartAsync("--Gateway:Heartbeat:ReaderIdle=00:00:01");
        var socket = await api.ConnectAsync("pump-1");
        await EndedAsync(api, 1);
        var listing = (await api.GetAsync("disconnects")).Json;
        Assert.Equal(JsonValueKind.Null, listing.GetProperty("next").ValueKind);
        var entry = Assert.Single(listing.GetProperty("disconnects").EnumerateArray());
        Assert.Equal(
            ["number", "time", "connectionId", "clientId", "generation", "address", "port", "keyId", "reason", "detail", "origin", "connectedAt", "durationSeconds", "bytesIn", "bytesOut", "framesIn", "framesOut", "postMortem"],
            entry.EnumerateObject().Select(p => p.Name));
        Assert.Equal(("pump-1", "127.0.0.1", "reader_idle", "client"), (Text(entry, "clientId"), Text(entry, "address"), Text(entry, "reason"), Text(entry, "origin")));
        Assert.Contains("1 s, the reader-idle limit", Text(entry, "detail"), StringComparison.Ordinal);
        var found = entry.GetProperty("postMortem");
        Assert.Equal(["cause", "limitSeconds", "silentSeconds", "usualGapSeconds", "gapsSeconds", "stallSeconds", "tcp"], found.EnumerateObject().Select(p => p.Name));
        Assert.Equal(("client_silent", 1.0), (Text(found, "cause"), found.GetProperty("limitSeconds").GetDouble()));
        Assert.Equal(JsonValueKind.Null, found.GetProperty("usualGapSeconds").ValueKind);
        if (OperatingSystem.IsLinux()) Assert.Equal(0, found.GetProperty("tcp").GetProperty("unansweredProbes").GetInt32());
        Assert.Equal(1, await api.Host.MetricAsync("""heartbeatgateway_timeouts_total{kind="reader_idle",cause="client_silent"}"""));
        Assert.Single((await api.GetAsync("disconnects?cause=client_silent")).Json.GetProperty("disconnects").EnumerateArray());
        Assert.Empty((await api.GetAsync("disconnects?cause=network_loss")).Json.GetProperty("disconnects").EnumerateArray());

        var left = await DisconnectedAsync(api);
        var message = JsonSerializer.SerializeToElement(HeartbeatGateway.Api.Presence.PresenceMessage.Of(left), HeartbeatGateway.Api.ApiJson.Default.PresenceMessage);
        Assert.Equal(("reader_idle", "client", "client_silent"), (Text(message, "reason"), Text(message, "origin"), Text(message, "cause")));
        socket.Dispose();
    }

    [Fact]
    public async Task Filters_choose_by_client_address_key_reason_origin_and_time()
    {
        await using var api = await ApiFixture.StartAsync();
        (await api.ConnectAsync("pump-1")).Dispose();
        await EndedAsync(api, 1);
        await api.ConnectAsync("pump-2");
        await api.SendAsync("DELETE", "clients/pump-2");
        await EndedAsync(api, 2);
        using var stranger = await api.Host.ConnectAsync();
        await stranger.SendAsync(new byte[200].AsMemory());
        await EndedAsync(api, 3);

        Assert.Equal(["", "pump-2", "pump-1"], await ClientsAsync(api, ""));
        Assert.Equal(["pump-1"], await ClientsAsync(api, "?id=pump-1"));
        Assert.Equal(["pump-2", "pump-1"], await ClientsAsync(api, "?id=pump-1&id=pump-2"));
        Assert.Equal(["pump-2", "pump-1"], await ClientsAsync(api, "?prefix=pump"));
        Assert.Equal(["", "pump-2", "pump-1"], await ClientsAsync(api, "?address=127.0.0.0/8"));
        Assert.Empty(await ClientsAsync(api, "?address=192.0.2.0/24"));
        Assert.Equal(["pump-2", "pump-1"], await ClientsAsync(api, $"?key={Testing.TestSecrets.KeyId}"));
        Assert.Equal(["pump-2"], await ClientsAsync(api, "?reason=kicked"));
        Assert.Equal(["pump-2"], await ClientsAsync(api, "?origin=operator"));
        Assert.Equal(["", "pump-1"], await ClientsAsync(api, "?origin=client"));
        var second = api.Host.Engine.EnumerateDisconnects().Single(r => r.ClientId == "pump-2").Time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
        Assert.Equal(["pump-1"], await ClientsAsync(api, $"?endedBefore={second}"));
        Assert.Equal([""], await ClientsAsync(api, $"?endedAfter={second}"));
    }

    [Fact]
    public async Task Pages_show_each_disconnect_once_while_others_end()
    {
        await using var api = await ApiFixture.StartAsync();
        for (var i = 1; i <= 5; i++)
        {
            (await api.ConnectAsync($"pump-{i}")).Dispose();
            await EndedAsync(api, i);
        }

        var first = (await api.GetAsync("disconnects?limit=2")).Json;
        (await api.ConnectAsync("pump-6")).Dispose();
        await EndedAsync(api, 6);
        var second = (await api.GetAsync($"disconnects?limit=2&cursor={Text(first, "next")}")).Json;
        var third = (await api.GetAsync($"disconnects?limit=3&cursor={Text(second, "next")}")).Json;
        Assert.Equal(["pump-5", "pump-4", "pump-3", "pump-2", "pump-1"], new[] { first, second, third }.SelectMany(Clients));
        Assert.Equal(JsonValueKind.Null, third.GetProperty("next").ValueKind);
        (await api.GetAsync($"disconnects?prefix=pump&cursor={Text(first, "next")}")).AssertProblem(HttpStatusCode.BadRequest, "invalid_cursor");
        (await api.GetAsync($"clients?cursor={Text(first, "next")}")).AssertProblem(HttpStatusCode.BadRequest, "invalid_cursor");
        await using var other = await ApiFixture.StartAsync();
        var foreign = await other.GetAsync($"disconnects?cursor={Text(first, "next")}");
        foreign.AssertProblem(HttpStatusCode.BadRequest, "invalid_cursor");
        Assert.Contains("earlier run", foreign.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("limit=0", "invalid_parameter", "1 to 1000")]
    [InlineData("limit=-1", "invalid_parameter", "1 to 1000")]
    [InlineData("limit=1000000000", "invalid_parameter", "1 to 1000")]
    [InlineData("reason=bored", "invalid_parameter", "reader_idle")]
    [InlineData("reason=limit_total", "invalid_parameter", "reader_idle")]
    [InlineData("origin=nobody", "invalid_parameter", "client, network, gateway, operator")]
    [InlineData("cause=weather", "invalid_parameter", "client_silent, network_loss, interval_too_long, gateway_stall")]
    [InlineData("endedAfter=yesterday", "invalid_parameter", "2026-01-31T03:12:00Z")]
    [InlineData("address=300.1.2.3", "invalid_parameter", "10.1.0.0/16")]
    [InlineData("id=%20", "invalid_parameter", "1 to")]
    [InlineData("cursor=garbage", "invalid_cursor", "unchanged")]
    [InlineData("resaon=kicked", "unknown_parameter", "reason")]
    public async Task A_wrong_parameter_is_an_error_that_names_the_remedy(string query, string code, string remedy)
    {
        await using var api = await ApiFixture.StartAsync();
        var answer = await api.GetAsync($"disconnects?{query}");
        answer.AssertProblem(HttpStatusCode.BadRequest, code);
        Assert.Contains(remedy, answer.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_audit_is_filtered_and_paged()
    {
        await using var api = await ApiFixture.StartAsync();
        await api.SendAsync("DELETE", "clients/pump-1");
        await api.SendAsync("DELETE", "clients/pump-2");
        await api.SendAsync("POST", "broadcast", ApiFixture.SendKey, """{"type":"news"}""");
        Assert.Equal(["all clients", "pump-2", "pump-1"], await TargetsAsync(api, ""));
        Assert.Equal(["all clients"], await TargetsAsync(api, "?keyId=sender"));
        Assert.Equal(["pump-2", "pump-1"], await TargetsAsync(api, "?action=disconnect"));
        Assert.Equal(["pump-2"], await TargetsAsync(api, "?target=pump-2"));
        Assert.Empty(await TargetsAsync(api, "?before=2020-01-01T00:00:00Z"));
        Assert.Equal(3, (await TargetsAsync(api, "?after=2020-01-01T00:00:00Z")).Count);
        var first = (await api.GetAsync("audit?limit=2", ApiFixture.AdminKey)).Json;
        Assert.Equal(["pump-1"], await TargetsAsync(api, $"?limit=2&cursor={Text(first, "next")}"));
        (await api.GetAsync($"audit?action=disconnect&cursor={Text(first, "next")}", ApiFixture.AdminKey)).AssertProblem(HttpStatusCode.BadRequest, "invalid_cursor");
        (await api.GetAsync("audit?cursor=garbage", ApiFixture.AdminKey)).AssertProblem(HttpStatusCode.BadRequest, "invalid_cursor");
        (await api.GetAsync("audit?before=soon", ApiFixture.AdminKey)).AssertProblem(HttpStatusCode.BadRequest, "invalid_parameter");
        (await api.GetAsync("audit?acton=disconnect", ApiFixture.AdminKey)).AssertProblem(HttpStatusCode.BadRequest, "unknown_parameter");
    }

    private static async Task EndedAsync(ApiFixture api, int count)
    {
        using var timeout = new CancellationTokenSource(MaxWait, TimeProvider.System);
        while (api.Host.Engine.EnumerateDisconnects().Count() < count) await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, timeout.Token);
    }

    private static async Task<PresenceEvent> DisconnectedAsync(ApiFixture api)
    {
        await foreach (var e in api.Host.Engine.FollowPresenceAsync(0, TestContext.Current.CancellationToken))
        {
            if (e.Change == PresenceChange.Disconnected) return e;
        }

        throw new InvalidOperationException("The events ended.");
    }

    private static async Task<IReadOnlyList<string>> ClientsAsync(ApiFixture api, string query) => [.. Clients((await api.GetAsync($"disconnects{query}")).Json)];

    private static IEnumerable<string> Clients(JsonElement listing) => listing.GetProperty("disconnects").EnumerateArray().Select(e => Text(e, "clientId"));

    private static async Task<IReadOnlyList<string>> TargetsAsync(ApiFixture api, string query) =>
        [.. (await api.GetAsync($"audit{query}", ApiFixture.AdminKey)).Json.GetProperty("entries").EnumerateArray().Select(e => Text(e, "target"))];

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString() ?? "";
}
