using System.Net;
using HeartbeatGateway.Tests.Support;

namespace HeartbeatGateway.Tests.Api;

/// <summary>Closing connections, and the audit of it.</summary>
public sealed class DisconnectTests
{
    [Theory]
    [InlineData("", "\"reason\":\"kicked\",\"retry\":true")]
    [InlineData("?reason=banned", "\"reason\":\"banned\",\"retry\":false")]
    [InlineData("?retry=false", "\"reason\":\"kicked\",\"retry\":false")]
    [InlineData("?afterMs=1500", "\"afterMs\":1500")]
    public async Task Closes_a_client_and_tells_it_why(string query, string expected)
    {
        await using var api = await ApiFixture.StartAsync();
        var client = await api.ConnectAsync("pump-1");
        var answer = await api.SendAsync("DELETE", $"clients/pump-1{query}");
        Assert.Equal((HttpStatusCode.OK, "closed"), (answer.Status, answer.Json.GetProperty("result").GetString()));
        var (type, content) = await ApiFixture.ReadFrameAsync(client);
        Assert.Equal("close", type);
        Assert.Contains(expected, content, StringComparison.Ordinal);
        client.Shutdown(System.Net.Sockets.SocketShutdown.Both);
        (await api.SendAsync("DELETE", "clients/pump-1")).AssertProblem(HttpStatusCode.NotFound, "client_gone");
    }

    [Fact]
    public async Task A_misspelt_parameter_closes_nobody()
    {
        await using var api = await ApiFixture.StartAsync();
        await api.ConnectAsync("pump-1");
        (await api.SendAsync("DELETE", "clients/pump-1?retyr=false")).AssertProblem(HttpStatusCode.BadRequest, "unknown_parameter");
        Assert.NotNull(api.Host.Engine.FindClient("pump-1"));
    }

    [Fact]
    public async Task Closes_many_with_a_result_for_each()
    {
        await using var api = await ApiFixture.StartAsync();
        await api.ConnectAsync("pump-1");
        await api.ConnectAsync("pump-2");
        await api.ConnectAnonymousAsync();
        var anonymous = (await api.GetAsync("clients")).Json.GetProperty("clients").EnumerateArray().Single(c => c.GetProperty("clientId").GetString() is null).GetProperty("connectionId").GetString();
        var byId = await api.SendAsync("POST", "disconnect", body: """{"ids":["pump-1","pump-9"]}""");
        Assert.Equal(["pump-1 closed", "pump-9 gone"], byId.Json.GetProperty("results").EnumerateArray().Select(r => $"{r.GetProperty("clientId")} {r.GetProperty("result")}"));
        var byNumber = await api.SendAsync("POST", "disconnect", body: $$"""{"connectionIds":["{{anonymous}}","4294967295"]}""");
        Assert.Equal([$"{anonymous} closed", "4294967295 gone"], byNumber.Json.GetProperty("results").EnumerateArray().Select(r => $"{r.GetProperty("connectionId")} {r.GetProperty("result")}"));
    }

    [Fact]
    public async Task A_client_that_leaves_between_list_and_disconnect_is_gone_and_its_next_connection_stays()
    {
        await using var api = await ApiFixture.StartAsync();
        var client = await api.ConnectAsync("pump-1");
        var listed = (await api.GetAsync("clients?id=pump-1")).Json.GetProperty("clients")[0].GetProperty("connectionId").GetString();
        client.Dispose();
        while (api.Host.Engine.OpenConnections > 0) await Task.Yield();
        var gone = await api.SendAsync("POST", "disconnect", body: $$"""{"connectionIds":["{{listed}}"]}""");
        Assert.Equal([$"{listed} gone"], gone.Json.GetProperty("results").EnumerateArray().Select(r => $"{r.GetProperty("connectionId")} {r.GetProperty("result")}"));

        // The next connection may get the place of the first one in the table, but never its number.
        var next = await api.ConnectAsync("pump-1");
        var again = await api.SendAsync("POST", "disconnect", body: $$"""{"connectionIds":["{{listed}}"]}""");
        Assert.Equal((0, "gone"), (again.Json.GetProperty("closed").GetInt32(), again.Json.GetProperty("results")[0].GetProperty("result").GetString()));
        await ServiceHost.PingAsync(next);
        Assert.NotNull(api.Host.Engine.FindClient("pump-1"));
    }

    [Fact]
    public async Task A_filter_closes_what_it_matches_and_a_dry_run_nothing()
    {
        await using var api = await ApiFixture.StartAsync();
        foreach (var id in new[] { "pump-1", "pump-2", "fan-1" }) await api.ConnectAsync(id);
        var dry = (await api.SendAsync("POST", "disconnect", body: """{"filter":{"prefix":"pump"},"dryRun":true}""")).Json;
        Assert.Equal((2, 0), (dry.GetProperty("matched").GetInt32(), dry.GetProperty("closed").GetInt32()));
        Assert.Equal(3, api.Host.Engine.ConnectedClients);
        var real = (await api.SendAsync("POST", "disconnect", body: """{"filter":{"prefix":"pump"}}""")).Json;
        Assert.Equal((2, 2), (real.GetProperty("matched").GetInt32(), real.GetProperty("closed").GetInt32()));
        Assert.NotNull(api.Host.Engine.FindClient("fan-1"));
        Assert.Null(api.Host.Engine.FindClient("pump-1"));
    }

    [Theory]
    [InlineData("""{}""", "invalid_choice")]
    [InlineData("""{"ids":["a"],"filter":{"prefix":"a"}}""", "invalid_choice")]
    [InlineData("""{"filter":{}}""", "empty_filter")]
    [InlineData("""{"filter":{"prefix":null}}""", "empty_filter")]
    [InlineData("""{"filter":{"perfix":"a"}}""", "invalid_body")]
    [InlineData("""{"filter":{"address":"10.0.0.0/33"}}""", "invalid_parameter")]
    [InlineData("""{"filter":{"idleLongerThan":-1}}""", "invalid_parameter")]
    [InlineData("""{"ids":[]}""", "invalid_ids")]
    [InlineData("""{"ids":["a b"]}""", "invalid_ids")]
    [InlineData("""{"connectionIds":["x"]}""", "invalid_ids")]
    [InlineData("""{"ids":["a"],"reason":"shutdown"}""", "invalid_reason")]
    [InlineData("""{"ids":["a"],"afterMs":-1}""", "invalid_after")]
    [InlineData("""{"ids":["a"],"afterMs":86400001}""", "invalid_after")]
    public async Task Wrong_bodies_are_refused(string body, string code)
    {
        await using var api = await ApiFixture.StartAsync();
        (await api.SendAsync("POST", "disconnect", body: body)).AssertProblem(HttpStatusCode.BadRequest, code);
    }

    [Theory]
    [InlineData("?reason=bored", "invalid_reason")]
    [InlineData("?retry=maybe", "invalid_parameter")]
    [InlineData("?afterMs=soon", "invalid_parameter")]
    [InlineData("?afterMs=99999999999", "invalid_after")]
    public async Task Wrong_queries_are_refused(string query, string code)
    {
        await using var api = await ApiFixture.StartAsync();
        (await api.SendAsync("DELETE", $"clients/pump-1{query}")).AssertProblem(HttpStatusCode.BadRequest, code);
    }

    [Fact]
    public async Task Each_change_is_in_the_audit_and_in_the_log_with_its_key_and_result()
    {
        var logs = new LogText();
        await using var api = await ApiFixture.StartAsync(logs, "--Serilog:MinimumLevel:Default=Information");
        await api.ConnectAsync("pump-1");
        await api.SendAsync("POST", "broadcast", ApiFixture.SendKey, """{"type":"news","text":"the content stays out"}""");
        await api.SendAsync("DELETE", "clients/pump-1");
        await api.SendAsync("DELETE", "clients/pump-1");
        var audit = await api.GetAsync("audit", ApiFixture.AdminKey);
        Assert.Equal(
            ["operator disconnect pump-1 gone", "operator disconnect pump-1 closed as kicked", "sender broadcast all clients 1 queued"],
            audit.Json.GetProperty("entries").EnumerateArray().Select(e => $"{e.GetProperty("keyId")} {e.GetProperty("action")} {e.GetProperty("target")} {e.GetProperty("result")}"));
        Assert.Equal(1, (await api.GetAsync("audit?limit=1", ApiFixture.AdminKey)).Json.GetProperty("entries").GetArrayLength());
        (await api.GetAsync("audit?limit=0", ApiFixture.AdminKey)).AssertProblem(HttpStatusCode.BadRequest, "invalid_parameter");
        Assert.DoesNotContain("the content stays out", audit.Text, StringComparison.Ordinal);
        await api.Host.App.StopAsync(TestContext.Current.CancellationToken);
        await logs.SawAsync("\"KeyId\":\"operator\"", "pump-1", "closed as kicked");
        var text = logs.Text;
        foreach (var key in new[] { ApiFixture.ReadKey, ApiFixture.SendKey, ApiFixture.AdminKey }) Assert.DoesNotContain(key, text, StringComparison.Ordinal);
    }
}
