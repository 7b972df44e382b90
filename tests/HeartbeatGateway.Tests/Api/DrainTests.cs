using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Tests.Support;

namespace HeartbeatGateway.Tests.Api;

/// <summary>Draining by the API, and what else the API does meanwhile.</summary>
public sealed class DrainTests
{
    private const string Hour = """{"durationSeconds":3600}""";

    [Fact]
    public async Task Shows_starts_and_cancels()
    {
        using var logs = new LogText();
        await using var api = await ApiFixture.StartAsync(logs, "--Serilog:MinimumLevel:Default=Information");
        await api.ConnectAsync("pump-1");
        Assert.Equal("""{"state":"none","startedAt":null,"startedBy":null,"durationSeconds":null,"connections":1,"closed":0,"remaining":1}""", (await api.GetAsync("drain")).Text);

        var started = await api.SendAsync("POST", "drain", ApiFixture.AdminKey, Hour);
        Assert.Equal(HttpStatusCode.Accepted, started.Status);
        Assert.Equal("draining operator 3600 1 0 1", Text(started));
        Assert.Equal(Text(started), Text(await api.GetAsync("drain")));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await api.Host.StatusAsync("/readyz"));
        Assert.Contains("draining", await (await api.Host.Http.GetAsync(new Uri("/readyz", UriKind.Relative), TestContext.Current.CancellationToken)).Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        var live = await api.GetAsync("/livez", key: null);
        Assert.Equal((HttpStatusCode.OK, "answers heartbeats"), (live.Status, live.Detail));
        Assert.Equal(1, await api.Host.MetricAsync("heartbeatgateway_draining"));
        Assert.True((await api.GetAsync("status")).Json.GetProperty("isDraining").GetBoolean());

        var cancelled = await api.SendAsync("DELETE", "drain");
        Assert.Equal((HttpStatusCode.OK, "none   1 0 1"), (cancelled.Status, Text(cancelled)));
        Assert.Equal(HttpStatusCode.OK, await api.Host.StatusAsync("/readyz"));
        Assert.Equal(0, await api.Host.MetricAsync("heartbeatgateway_draining"));
        await api.ConnectAsync("pump-2");

        var audit = (await api.GetAsync("audit", ApiFixture.AdminKey)).Json.GetProperty("entries").EnumerateArray().Select(e => $"{e.GetProperty("keyId")} {e.GetProperty("action")} {e.GetProperty("target")}: {e.GetProperty("result")}");
        Assert.Equal(["operator drain all connections: cancelled after 0 of 1 connections", "operator drain all connections: started with 1 connections over 3600 s"], audit);
        await logs.SawAsync("\"@m\":\"API: operator made the change drain on all connections: started with 1 connections over 3600 s\"");
        await logs.SawAsync("DrainStarted", "Draining: 1 connections are closed over 3600 s");
        await logs.SawAsync("DrainEnded", "The drain is cancelled: 0 of 1 connections are closed");
    }

    [Fact]
    public async Task Closes_clients_with_a_slot_and_refuses_new_ones_until_it_is_cancelled()
    {
        await using var api = await ApiFixture.StartAsync("--Gateway:Draining:Duration=00:00:00.100");
        var client = await api.ConnectAsync("pump-1");
        // Without a duration that of the settings applies.
        Assert.Equal("draining operator 0.1 1 0 1", Text(await api.SendAsync("POST", "drain", ApiFixture.AdminKey, "{}")));
        var (type, content) = await ApiFixture.ReadFrameAsync(client);
        Assert.Equal("close", type);
        Assert.StartsWith("""{"reason":"draining","retry":true,"afterMs":0,""", content, StringComparison.Ordinal);
        client.Shutdown(SocketShutdown.Both);
        while (Text(await api.GetAsync("drain")) != "drained operator 0.1 1 1 0") await Task.Yield();

        Assert.True(await IsRefusedAsync(api));
        await api.Host.ReachesAsync("heartbeatgateway_connections_rejected_total{reason=\"draining\"}", 1);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable), (await api.Host.StatusAsync("/livez"), await api.Host.StatusAsync("/readyz")));
        Assert.Equal(HttpStatusCode.OK, (await api.SendAsync("DELETE", "drain")).Status);
        await api.ConnectAsync("pump-1");
    }

    [Fact]
    public async Task A_second_drain_and_a_cancel_without_one_are_conflicts()
    {
        await using var api = await ApiFixture.StartAsync();
        (await api.SendAsync("DELETE", "drain")).AssertProblem(HttpStatusCode.Conflict, "not_draining");
        await api.SendAsync("POST", "drain", ApiFixture.AdminKey, Hour);
        (await api.SendAsync("POST", "drain", ApiFixture.AdminKey, "{}")).AssertProblem(HttpStatusCode.Conflict, "already_draining");
        Assert.Equal("draining operator 3600 0 0 0", Text(await api.GetAsync("drain")).Replace("drained", "draining", StringComparison.Ordinal));
        await api.SendAsync("DELETE", "drain");
        (await api.SendAsync("DELETE", "drain")).AssertProblem(HttpStatusCode.Conflict, "not_draining");
        Assert.Equal(2, (await api.GetAsync("audit", ApiFixture.AdminKey)).Json.GetProperty("entries").GetArrayLength());
    }

    [Theory]
    [InlineData("""{"durationSeconds":-0.001}""", "invalid_duration")]
    [InlineData("""{"durationSeconds":3600.001}""", "invalid_duration")]
    [InlineData("""{"durationSeconds":1e308}""", "invalid_duration")]
    [InlineData("""{"durationSeconds":"soon"}""", "invalid_body")]
    [InlineData("""{"durationSeconds":"NaN"}""", "invalid_duration")]
    [InlineData("""{"durationSeconds":1e999}""", "invalid_duration")]
    [InlineData("""{"duration":30}""", "invalid_body")]
    [InlineData("[]", "invalid_body")]
    [InlineData("", "invalid_body")]
    public async Task Wrong_bodies_start_nothing(string body, string code)
    {
        await using var api = await ApiFixture.StartAsync();
        (await api.SendAsync("POST", "drain", ApiFixture.AdminKey, body)).AssertProblem(HttpStatusCode.BadRequest, code);
        Assert.Equal("none", (await api.GetAsync("drain")).Json.GetProperty("state").GetString());
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(3600, "3600")]
    public async Task The_bounds_of_the_duration_are_allowed(double seconds, string shown)
    {
        await using var api = await ApiFixture.StartAsync();
        var answer = await api.SendAsync("POST", "drain", ApiFixture.AdminKey, $$"""{"durationSeconds":{{seconds}}}""");
        Assert.Equal((HttpStatusCode.Accepted, shown), (answer.Status, $"{answer.Json.GetProperty("durationSeconds")}"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task While_draining_clients_are_listed_sent_to_and_disconnected(bool byStop)
    {
        await using var api = await ApiFixture.StartAsync("--Gateway:Draining:Duration=01:00:00");
        var clients = new[] { await api.ConnectAsync("pump-1"), await api.ConnectAsync("pump-2"), await api.ConnectAsync("pump-3") };
        await using var reader = await EventReader.OpenAsync(api);
        await using var drain = await DrainAsync(api, byStop);

        Assert.Equal(3, (await api.GetAsync("clients")).Json.GetProperty("clients").GetArrayLength());
        Assert.Equal("pump-1", (await api.GetAsync("clients/pump-1")).Json.GetProperty("connection").GetProperty("clientId").GetString());
        Assert.Equal(HttpStatusCode.Accepted, (await api.SendAsync("POST", "clients/pump-1/messages", ApiFixture.SendKey, """{"type":"order","text":"start"}""")).Status);
        Assert.Equal(("order", "start"), await ApiFixture.ReadFrameAsync(clients[0]));
        Assert.Equal(3, (await api.SendAsync("POST", "broadcast", ApiFixture.SendKey, """{"type":"news"}""")).Json.GetProperty("queued").GetInt32());
        Assert.Equal("closed", (await api.SendAsync("DELETE", "clients/pump-2")).Json.GetProperty("result").GetString());
        Assert.Equal(2, (await api.SendAsync("POST", "disconnect", ApiFixture.AdminKey, """{"filter":{"state":"connected"},"dryRun":true}""")).Json.GetProperty("matched").GetInt32());

        // Events go on, and a reader can begin and resume.
        var kicked = await reader.NextAsync();
        Assert.Equal(("disconnected", "kicked"), (kicked.Name, kicked.Data.GetProperty("reason").GetString()));
        await using var resumed = await EventReader.OpenAsync(api, kicked.Id);
        await api.SendAsync("DELETE", "clients/pump-3");
        foreach (var follower in new[] { reader, resumed }) Assert.Equal("pump-3", (await follower.NextAsync()).Data.GetProperty("clientId").GetString());
        Assert.Equal("draining", (await api.GetAsync("drain")).Json.GetProperty("state").GetString());
        Assert.Equal((true, byStop), ((await api.GetAsync("status")).Json.GetProperty("isDraining").GetBoolean(), (await api.GetAsync("status")).Json.GetProperty("isStopping").GetBoolean()));
    }

    [Fact]
    public async Task A_stop_refuses_a_drain_and_cannot_be_cancelled()
    {
        await using var api = await ApiFixture.StartAsync("--Gateway:Draining:Duration=01:00:00");
        await api.ConnectAsync("pump-1");
        await api.SendAsync("POST", "drain", ApiFixture.AdminKey, Hour);
        await using var stop = await DrainAsync(api, byStop: true);
        (await api.SendAsync("POST", "drain", ApiFixture.AdminKey, "{}")).AssertProblem(HttpStatusCode.Conflict, "stopping");
        (await api.SendAsync("DELETE", "drain")).AssertProblem(HttpStatusCode.Conflict, "stopping");
        // The stop has taken the drain over.
        Assert.Equal("draining  3600 1 0 1", Text(await api.GetAsync("drain")));
        Assert.Contains("stopping", (await api.GetAsync("/readyz", key: null)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_of_a_drained_gateway_continue_after_it_is_cancelled()
    {
        await using var api = await ApiFixture.StartAsync();
        var client = await api.ConnectAsync("pump-1", "instance-a");
        await using var reader = await EventReader.OpenAsync(api);
        await api.SendAsync("POST", "drain", ApiFixture.AdminKey, """{"durationSeconds":0}""");
        Assert.Equal("draining", (await reader.NextAsync()).Data.GetProperty("reason").GetString());
        client.Shutdown(SocketShutdown.Both);
        while ((await api.GetAsync("drain")).Json.GetProperty("state").GetString() != "drained") await Task.Yield();
        await api.SendAsync("DELETE", "drain");
        await api.ConnectAsync("pump-1", "instance-a");
        Assert.Equal("reconnected", (await reader.NextAsync()).Name);
    }

    private static string Text(ApiFixture.Answer answer) =>
        string.Join(' ', new[] { "state", "startedBy", "durationSeconds", "connections", "closed", "remaining" }.Select(name => $"{answer.Json.GetProperty(name)}"));

    /// <summary>The reset of a refused connection can come before its connect has completed.</summary>
    private static async Task<bool> IsRefusedAsync(ApiFixture api)
    {
        try
        {
            using var socket = await api.Host.ConnectAsync();
            return await ReadToEndAsync(socket) == 0;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            return true;
        }
    }

    private static async Task<int> ReadToEndAsync(Socket socket)
    {
        try
        {
            return await socket.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            return 0;
        }
    }

    /// <summary>Drains by the API, or by a stop as on SIGTERM; disposing it ends the stop at once.</summary>
    private static async Task<Drain> DrainAsync(ApiFixture api, bool byStop)
    {
        if (!byStop)
        {
            Assert.Equal(HttpStatusCode.Accepted, (await api.SendAsync("POST", "drain", ApiFixture.AdminKey, Hour)).Status);
            return new Drain(null, Task.CompletedTask);
        }

        var cut = new CancellationTokenSource();
        var stopping = api.Host.App.StopAsync(cut.Token);
        while (!api.Host.Engine.IsStopping) await Task.Yield();
        return new Drain(cut, stopping);
    }

    private sealed class Drain(CancellationTokenSource? cut, Task stopping) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            if (cut is null) return;
            await cut.CancelAsync();
            await stopping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cut.Dispose();
        }
    }
}
