using System.Net;
using System.Text.Json;
using HeartbeatGateway.Api;

namespace HeartbeatGateway.Tests.Api;

/// <summary>The list of clients, and one client.</summary>
public sealed class ClientListTests
{
    [Fact]
    public async Task Lists_clients_with_and_without_an_identity()
    {
        await using var api = await ApiFixture.StartAsync();
        await api.ConnectAsync("pump-1");
        await api.ConnectAnonymousAsync();
        var clients = (await api.GetAsync("clients")).Json.GetProperty("clients").EnumerateArray().ToList();
        Assert.Equal(["pump-1", null], clients.Select(IdOf));
        Assert.All(clients, c => Assert.Equal("connected", c.GetProperty("state").GetString()));
        Assert.All(clients, c => Assert.Equal("127.0.0.1", c.GetProperty("address").GetString()));
        Assert.All(clients, c => Assert.Equal("k1", c.GetProperty("keyId").GetString()));
        Assert.All(clients, c => Assert.True(c.GetProperty("rttSeconds").GetDouble() > 0));
        Assert.Equal(158, clients[1].GetProperty("bytesIn").GetInt64());
        Assert.Equal(158, clients[1].GetProperty("bytesOut").GetInt64());
    }

    [Fact]
    public async Task The_answer_is_written_as_its_model_says()
    {
        await using var api = await ApiFixture.StartAsync();
        for (var i = 0; i < 3; i++) await api.ConnectAsync($"pump-{i}");
        foreach (var path in new[] { "clients?limit=2", "clients" })
        {
            var answer = await api.GetAsync(path);
            // Unknown and missing fields are errors.
            var listing = JsonSerializer.Deserialize(answer.Text, ApiJson.Default.ClientListing)!;
            Assert.Equal(answer.Text, JsonSerializer.Serialize(listing, ApiJson.Default.ClientListing));
        }
    }

    [Fact]
    public async Task Pages_show_each_client_once_while_others_come_and_go()
    {
        await using var api = await ApiFixture.StartAsync();
        for (var i = 0; i < 25; i++) await api.ConnectAsync($"pump-{i:00}");
        var seen = new List<string?>();
        string? cursor = null;
        do
        {
            var page = (await api.GetAsync($"clients?limit=7{(cursor is null ? "" : $"&cursor={cursor}")}")).Json;
            seen.AddRange(page.GetProperty("clients").EnumerateArray().Select(IdOf));
            cursor = page.GetProperty("next").GetString();
            (await api.ConnectAsync($"late-{seen.Count}")).Dispose();
        }
        while (cursor is not null);
        Assert.Equal(Enumerable.Range(0, 25).Select(i => $"pump-{i:00}"), seen.Where(id => id!.StartsWith("pump", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Sorts_in_both_directions_and_by_each_order()
    {
        await using var api = await ApiFixture.StartAsync();
        for (var i = 0; i < 5; i++) await api.ConnectAsync($"pump-{i}");
        Assert.Equal(["pump-4", "pump-3"], (await api.GetAsync("clients?order=desc&limit=2")).Json.GetProperty("clients").EnumerateArray().Select(IdOf));
        foreach (var sort in new[] { "connectedAt", "lastReceived", "idle", "rtt", "retransmits", "heartbeatJitter", "reconnects", "pendingBytes", "bytes" })
        {
            Assert.Equal(5, (await api.GetAsync($"clients?sort={sort}")).Json.GetProperty("clients").GetArrayLength());
        }

        Assert.Equal("pump-4", IdOf((await api.GetAsync("clients?sort=idle&limit=1")).Json.GetProperty("clients")[0]));
        Assert.Equal("pump-0", IdOf((await api.GetAsync("clients?sort=idle&order=desc&limit=1")).Json.GetProperty("clients")[0]));
    }

    [Theory]
    [InlineData("id=pump-1&id=fan-1", "pump-1", "fan-1")]
    [InlineData("id=pump-9")]
    [InlineData("prefix=pump", "pump-1", "pump-2")]
    [InlineData("address=127.0.0.0/8", "pump-1", "pump-2", "fan-1")]
    [InlineData("address=127.0.0.1&prefix=fan", "fan-1")]
    [InlineData("address=10.0.0.0/8")]
    [InlineData("state=connected", "pump-1", "pump-2", "fan-1")]
    [InlineData("state=handshaking")]
    [InlineData("key=k1", "pump-1", "pump-2", "fan-1")]
    [InlineData("key=k2")]
    [InlineData("idleLongerThan=3600")]
    [InlineData("connectedAfter=2020-01-01T00:00:00Z", "pump-1", "pump-2", "fan-1")]
    [InlineData("connectedBefore=2020-01-01T00:00:00Z")]
    public async Task Filters(string query, params string[] expected)
    {
        await using var api = await ApiFixture.StartAsync();
        foreach (var id in new[] { "pump-1", "pump-2", "fan-1" }) await api.ConnectAsync(id);
        Assert.Equal(expected.Order(StringComparer.Ordinal), (await api.GetAsync($"clients?{query}")).Json.GetProperty("clients").EnumerateArray().Select(IdOf).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("limit=0", "invalid_parameter", "'limit' is '0'")]
    [InlineData("limit=-1", "invalid_parameter", "'limit' is '-1'")]
    [InlineData("limit=1000000000", "invalid_parameter", "'limit'")]
    [InlineData("limit=1001", "invalid_parameter", "1 to 1000")]
    [InlineData("limit=ten", "invalid_parameter", "'ten'")]
    [InlineData("sort=name", "invalid_parameter", "heartbeatJitter")]
    [InlineData("order=up", "invalid_parameter", "asc or desc")]
    [InlineData("state=dead", "invalid_parameter", "handshaking")]
    [InlineData("address=10.0.0.0/33", "invalid_parameter", "10.1.0.0/16")]
    [InlineData("address=here", "invalid_parameter", "'here'")]
    [InlineData("connectedAfter=yesterday", "invalid_parameter", "'yesterday'")]
    [InlineData("idleLongerThan=-1", "invalid_parameter", "'-1'")]
    [InlineData("idleLongerThan=1e99", "invalid_parameter", "'1e99'")]
    [InlineData("id=a%20b", "invalid_parameter", "'id'")]
    [InlineData("prefix=", "invalid_parameter", "'prefix'")]
    [InlineData("perfix=pump", "unknown_parameter", "'perfix'")]
    [InlineData("cursor=", "invalid_cursor", "cursor")]
    [InlineData("cursor=%00%0a", "invalid_cursor", "not a cursor")]
    [InlineData("cursor=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "invalid_cursor", "earlier run")]
    public async Task Wrong_queries_are_refused_with_the_parameter_and_the_rule(string query, string code, string detail)
    {
        await using var api = await ApiFixture.StartAsync();
        var answer = await api.GetAsync($"clients?{query}");
        answer.AssertProblem(HttpStatusCode.BadRequest, code);
        Assert.Contains(detail, answer.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cursor_of_another_query_is_refused()
    {
        await using var api = await ApiFixture.StartAsync();
        await api.ConnectAsync("pump-1");
        await api.ConnectAsync("pump-2");
        var cursor = (await api.GetAsync("clients?limit=1")).Json.GetProperty("next").GetString();
        var answer = await api.GetAsync($"clients?limit=1&sort=rtt&cursor={cursor}");
        answer.AssertProblem(HttpStatusCode.BadRequest, "invalid_cursor");
        Assert.Contains("another filter or order", answer.Detail, StringComparison.Ordinal);
        Assert.Equal("pump-2", IdOf((await api.GetAsync($"clients?limit=5&cursor={cursor}")).Json.GetProperty("clients")[0]));
    }

    [Fact]
    public async Task Shows_one_client_with_its_heartbeats_and_what_the_kernel_measured()
    {
        await using var api = await ApiFixture.StartAsync();
        var socket = await api.ConnectAsync("pump-1");
        for (var i = 0; i < 20; i++) await Support.ServiceHost.PingAsync(socket);
        var client = (await api.GetAsync("clients/pump-1")).Json;
        var number = client.GetProperty("connection").GetProperty("connectionId").GetString();
        Assert.Equal(16, client.GetProperty("heartbeat").GetProperty("gapsSeconds").GetArrayLength());
        Assert.Equal(7, client.GetProperty("heartbeat").GetProperty("timeoutSeconds").GetDouble());
        Assert.Equal(21, client.GetProperty("traffic").GetProperty("framesIn").GetInt64());
        Assert.Equal(21, client.GetProperty("traffic").GetProperty("framesOut").GetInt64());
        Assert.True(client.GetProperty("tcp").GetProperty("rttSeconds").GetDouble() > 0);
        Assert.Equal(JsonValueKind.Null, client.GetProperty("tls").ValueKind);
        Assert.Equal(JsonValueKind.Null, client.GetProperty("proxyAddress").ValueKind);
        Assert.Equal("pump-1", (await api.GetAsync($"connections/{number}")).Json.GetProperty("connection").GetProperty("clientId").GetString());
    }

    [Fact]
    public async Task Shows_library_features_and_reconnects_and_sorts_by_them()
    {
        await using var api = await ApiFixture.StartAsync();
        await api.ConnectAsync("pump-1", library: "<b>pump</b>/1.0");
        for (var i = 0; i < 3; i++) await api.ConnectAsync("pump-2", "instance-a");
        await api.ConnectAnonymousAsync();
        var clients = (await api.GetAsync("clients?state=connected&sort=reconnects&order=desc")).Json.GetProperty("clients").EnumerateArray().ToList();
        Assert.Equal(
            ["pump-2 2 ", " 0 ", "pump-1 0 <b>pump</b>/1.0"],
            clients.Select(c => $"{c.GetProperty("clientId")} {c.GetProperty("reconnects")} {c.GetProperty("library")}"));
        var details = (await api.GetAsync("clients/pump-1")).Json;
        Assert.Equal("<b>pump</b>/1.0", details.GetProperty("connection").GetProperty("library").GetString());
        Assert.Equal(["close"], details.GetProperty("features").EnumerateArray().Select(f => f.GetString()));
        var anonymous = (await api.GetAsync($"connections/{clients[1].GetProperty("connectionId")}")).Json;
        Assert.Equal(0, anonymous.GetProperty("features").GetArrayLength());
        Assert.Equal(JsonValueKind.Null, anonymous.GetProperty("connection").GetProperty("library").ValueKind);
    }

    [Fact]
    public async Task A_cursor_of_another_process_is_refused()
    {
        await using var other = await ApiFixture.StartAsync();
        await using var api = await ApiFixture.StartAsync();
        foreach (var gateway in new[] { other, api })
        {
            await gateway.ConnectAsync("pump-1");
            await gateway.ConnectAsync("pump-2");
        }

        var cursor = (await other.GetAsync("clients?limit=1")).Json.GetProperty("next").GetString();
        var answer = await api.GetAsync($"clients?limit=1&cursor={cursor}");
        answer.AssertProblem(HttpStatusCode.BadRequest, "invalid_cursor");
        Assert.Contains("begin with the first page", answer.Detail, StringComparison.Ordinal);
        Assert.Equal("pump-2", IdOf((await other.GetAsync($"clients?limit=1&cursor={cursor}")).Json.GetProperty("clients")[0]));
    }

    [Fact]
    public async Task Unknown_clients_and_connections_are_not_found()
    {
        await using var api = await ApiFixture.StartAsync();
        (await api.GetAsync("clients/pump-1")).AssertProblem(HttpStatusCode.NotFound, "client_gone");
        (await api.GetAsync("clients/pump%20one")).AssertProblem(HttpStatusCode.BadRequest, "invalid_client_id");
        (await api.GetAsync("connections/77")).AssertProblem(HttpStatusCode.NotFound, "connection_gone");
        (await api.GetAsync("connections/-1")).AssertProblem(HttpStatusCode.BadRequest, "invalid_connection_id");
        (await api.GetAsync("connections/99999999999")).AssertProblem(HttpStatusCode.BadRequest, "invalid_connection_id");
    }

    private static string? IdOf(JsonElement client) => client.GetProperty("clientId").GetString();
}
