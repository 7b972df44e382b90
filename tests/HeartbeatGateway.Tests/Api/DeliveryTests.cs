using System.Net;
using HeartbeatGateway.Api.Messages;
using HeartbeatGateway.Server.Tests.Delivery;

namespace HeartbeatGateway.Tests.Api;

/// <summary>Messages that clients acknowledge: waiting for the result, holding, and the stream of results.</summary>
public sealed class DeliveryTests
{
    private const string Path = "clients/pump-1/messages";
    private const string Body = """{"type":"order","text":"start"}""";

    [Fact]
    public async Task A_caller_that_waits_is_answered_when_the_client_has_acknowledged()
    {
        await using var api = await ApiFixture.StartAsync();
        var client = Attach(api);
        var answering = api.SendAsync("POST", $"{Path}?wait=30", ApiFixture.SendKey, Body);
        await KeptAsync(api, 1);
        Assert.False(answering.IsCompleted);
        Acknowledge(api, client, 1);
        var answer = await answering;
        Assert.Equal((HttpStatusCode.OK, "pump-1", "delivered", true), (answer.Status, Text(answer, "clientId"), Text(answer, "result"), answer.Json.GetProperty("numbered").GetBoolean()));
    }

    [Fact]
    public async Task A_caller_that_waits_in_vain_is_answered_at_its_time_and_the_event_follows()
    {
        await using var api = await ApiFixture.StartAsync();
        var client = Attach(api);
        await using var reader = await EventReader.OpenAsync(api, path: "deliveries");
        var answer = await api.SendAsync("POST", $"{Path}?wait=0.05", ApiFixture.SendKey, Body);
        Assert.Equal((HttpStatusCode.Accepted, "queued"), (answer.Status, Text(answer, "result")));
        Acknowledge(api, client, 1);
        var delivered = await reader.NextAsync();
        Assert.Equal(("delivered", Text(answer, "messageId")), (delivered.Name, delivered.Data.GetProperty("messageId").GetString()));
        Assert.Equal(["number", "time", "messageId", "clientId", "result"], delivered.Data.EnumerateObject().Select(p => p.Name));
        Assert.Equal((1, "pump-1", "delivered"), (delivered.Data.GetProperty("number").GetInt64(), delivered.Data.GetProperty("clientId").GetString(), delivered.Data.GetProperty("result").GetString()));
    }

    [Fact]
    public async Task A_message_is_held_for_a_client_that_is_away_and_expires()
    {
        await using var api = await ApiFixture.StartAsync();
        var held = await api.SendAsync("POST", Path, ApiFixture.SendKey, """{"type":"order","text":"start","ttlSeconds":60}""");
        Assert.Equal((HttpStatusCode.Accepted, "held", true), (held.Status, Text(held, "result"), held.Json.GetProperty("numbered").GetBoolean()));
        Assert.Equal([(1, "start")], Attach(api).Sent);
        var expired = await api.SendAsync("POST", "clients/pump-2/messages?wait=30", ApiFixture.SendKey, """{"type":"order","ttlSeconds":0.01}""");
        Assert.Equal((HttpStatusCode.OK, "expired"), (expired.Status, Text(expired, "result")));
        var gone = await api.SendAsync("POST", "clients/pump-2/messages?wait=30", ApiFixture.SendKey, Body);
        gone.AssertProblem(HttpStatusCode.NotFound, "client_gone");
        Assert.Contains("ttlSeconds", gone.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_without_acknowledgements_is_sent_to_as_before()
    {
        await using var api = await ApiFixture.StartAsync();
        var client = await api.ConnectAsync("pump-1");
        var answer = await api.SendAsync("POST", $"{Path}?wait=30", ApiFixture.SendKey, """{"type":"order","text":"start","ttlSeconds":60}""");
        Assert.Equal((HttpStatusCode.Accepted, "queued", false), (answer.Status, Text(answer, "result"), answer.Json.GetProperty("numbered").GetBoolean()));
        Assert.Equal(("order", "start"), await ApiFixture.ReadFrameAsync(client));
        Assert.Equal(0, api.Host.Engine.Outboxes.Messages);
    }

    [Fact]
    public async Task A_client_for_which_too_much_is_held_is_slow()
    {
        await using var api = await ApiFixture.StartAsync("--Gateway:Messages:MaxHeldMessages=1");
        Assert.Equal(HttpStatusCode.Accepted, (await api.SendAsync("POST", Path, ApiFixture.SendKey, """{"type":"order","ttlSeconds":60}""")).Status);
        (await api.SendAsync("POST", $"{Path}?wait=30", ApiFixture.SendKey, """{"type":"order","ttlSeconds":60}""")).AssertProblem(HttpStatusCode.ServiceUnavailable, "client_slow");
    }

    [Fact]
    public async Task Each_of_several_clients_has_its_result()
    {
        await using var api = await ApiFixture.StartAsync();
        var client = Attach(api);
        var answering = api.SendAsync("POST", "messages?wait=30", ApiFixture.SendKey, """{"ids":["pump-1","pump-2"],"type":"order"}""");
        await KeptAsync(api, 1);
        Acknowledge(api, client, 1);
        var results = (await answering).Json.GetProperty("results").EnumerateArray().ToList();
        Assert.Equal(["delivered True", "gone False"], results.Select(r => $"{r.GetProperty("result")} {r.GetProperty("numbered").GetBoolean()}"));
        Assert.Equal(2, results.Select(r => r.GetProperty("messageId").GetString()).Distinct().Count());
    }

    [Fact]
    public async Task A_repeated_request_waits_for_the_same_message_and_sends_nothing_again()
    {
        await using var api = await ApiFixture.StartAsync();
        var client = Attach(api);
        (string, string) key = ("Idempotency-Key", "k-1");
        var first = await api.SendAsync("POST", Path, ApiFixture.SendKey, Body, key);
        var repeated = api.SendAsync("POST", $"{Path}?wait=30", ApiFixture.SendKey, Body, key);
        Acknowledge(api, client, 1);
        var answer = await repeated;
        Assert.Equal((HttpStatusCode.OK, "delivered"), (answer.Status, Text(answer, "result")));
        Assert.Equal(Text(first, "messageId"), Text(answer, "messageId"));
        Assert.Single(client.Sent);
        // Another time for holding is another request.
        (await api.SendAsync("POST", Path, ApiFixture.SendKey, """{"type":"order","text":"start","ttlSeconds":60}""", key)).AssertProblem(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
        Assert.Equal(["send pump-1 queued"], (await api.GetAsync("audit", ApiFixture.AdminKey)).Json.GetProperty("entries").EnumerateArray().Select(e => $"{e.GetProperty("action")} {e.GetProperty("target")} {e.GetProperty("result")}"));
    }

    [Fact]
    public async Task A_caller_that_leaves_leaves_its_message_and_nothing_else()
    {
        await using var api = await ApiFixture.StartAsync();
        var client = Attach(api);
        var waits = (DeliveryWaits)api.Host.App.Services.GetService(typeof(DeliveryWaits))!;
        using (var leaving = new CancellationTokenSource())
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/{Path}?wait=30") { Content = new StringContent(Body, System.Text.Encoding.UTF8, "application/json") };
            request.Headers.Authorization = new("Bearer", ApiFixture.SendKey);
            var answering = api.Host.Http.SendAsync(request, leaving.Token);
            await KeptAsync(api, 1);
            Assert.Equal(1, waits.Count);
            await leaving.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answering);
        }

        while (waits.Count > 0) await Task.Yield();
        Assert.Single(client.Sent);
        Acknowledge(api, client, 1);
        Assert.Equal(1, api.Host.Engine.LastDelivery);
    }

    [Fact]
    public async Task A_stop_answers_those_who_wait()
    {
        await using var api = await ApiFixture.StartAsync();
        var answering = api.SendAsync("POST", $"{Path}?wait=30", ApiFixture.SendKey, """{"type":"order","ttlSeconds":60}""");
        await KeptAsync(api, 1);
        var stopping = api.Host.App.StopAsync(TestContext.Current.CancellationToken);
        var answer = await answering;
        Assert.Equal((HttpStatusCode.OK, "dropped"), (answer.Status, Text(answer, "result")));
        await stopping;
    }

    [Fact]
    public async Task A_reader_resumes_and_ids_that_are_no_longer_known_are_gone()
    {
        await using var api = await ApiFixture.StartAsync();
        var client = Attach(api);
        for (var i = 0; i < 3; i++) await api.SendAsync("POST", Path, ApiFixture.SendKey, Body);
        string? id;
        await using (var reader = await EventReader.OpenAsync(api, path: "deliveries"))
        {
            Acknowledge(api, client, 1);
            id = (await reader.NextAsync()).Id;
        }

        Acknowledge(api, client, 3);
        await using var resumed = await EventReader.OpenAsync(api, id, "deliveries");
        for (var number = 2; number <= 3; number++) Assert.Equal(number, (await resumed.NextAsync()).Data.GetProperty("number").GetInt64());
        foreach (var gone in new[] { id![..^1] + "99", "0123456789abcdef-0" })
        {
            (await api.GetAsync("deliveries", ApiFixture.ReadKey, ("Last-Event-ID", gone))).AssertProblem(HttpStatusCode.Gone, "events_gone");
        }

        (await api.GetAsync("deliveries", ApiFixture.ReadKey, ("Last-Event-ID", "text"))).AssertProblem(HttpStatusCode.BadRequest, "invalid_event_id");
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("30.001")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("1e1")]
    [InlineData("")]
    [InlineData("%205")]
    [InlineData("1&wait=2")]
    public async Task A_wait_that_is_no_time_or_too_long_is_refused_and_nothing_is_sent(string wait)
    {
        await using var api = await ApiFixture.StartAsync();
        var client = Attach(api);
        (await api.SendAsync("POST", $"{Path}?wait={wait}", ApiFixture.SendKey, Body)).AssertProblem(HttpStatusCode.BadRequest, "invalid_parameter");
        (await api.SendAsync("POST", $"messages?wait={wait}", ApiFixture.SendKey, """{"ids":["pump-1"],"type":"order"}""")).AssertProblem(HttpStatusCode.BadRequest, "invalid_parameter");
        (await api.SendAsync("POST", $"{Path}?wiat=5", ApiFixture.SendKey, Body)).AssertProblem(HttpStatusCode.BadRequest, "unknown_parameter");
        Assert.Empty(client.Sent);
    }

    [Theory]
    [InlineData("0", "invalid_ttl")]
    [InlineData("-1", "invalid_ttl")]
    [InlineData("3600.001", "invalid_ttl")]
    [InlineData("1e300", "invalid_ttl")]
    [InlineData("1e-300", "invalid_ttl")]
    [InlineData("\"NaN\"", "invalid_ttl")]
    [InlineData("\"Infinity\"", "invalid_ttl")]
    [InlineData("\"a minute\"", "invalid_body")]
    [InlineData("true", "invalid_body")]
    public async Task A_time_to_hold_that_is_none_or_too_long_is_refused_and_nothing_is_held(string ttl, string code)
    {
        await using var api = await ApiFixture.StartAsync("--Gateway:Messages:MaxTtl=01:00:00");
        (await api.SendAsync("POST", Path, ApiFixture.SendKey, $$"""{"type":"order","ttlSeconds":{{ttl}}}""")).AssertProblem(HttpStatusCode.BadRequest, code);
        (await api.SendAsync("POST", "messages", ApiFixture.SendKey, $$"""{"ids":["pump-1"],"type":"order","ttlSeconds":{{ttl}}}""")).AssertProblem(HttpStatusCode.BadRequest, code);
        Assert.Equal(0, api.Host.Engine.Outboxes.Messages);
    }

    [Fact]
    public async Task Nothing_is_held_where_the_settings_hold_nothing_and_broadcasts_are_never_held()
    {
        await using var api = await ApiFixture.StartAsync("--Gateway:Messages:MaxTtl=00:00:00");
        var answer = await api.SendAsync("POST", Path, ApiFixture.SendKey, """{"type":"order","ttlSeconds":1}""");
        answer.AssertProblem(HttpStatusCode.BadRequest, "invalid_ttl");
        Assert.Contains("Gateway:Messages:MaxTtl is 0", answer.Detail, StringComparison.Ordinal);
        (await api.SendAsync("POST", "broadcast", ApiFixture.SendKey, """{"type":"order","ttlSeconds":1}""")).AssertProblem(HttpStatusCode.BadRequest, "invalid_body");
    }

    private static string? Text(ApiFixture.Answer answer, string name) => answer.Json.GetProperty(name).GetString();

    private static FakeDeliveryConnection Attach(ApiFixture api)
    {
        var connection = new FakeDeliveryConnection(1024 * 1024);
        api.Host.Engine.Deliveries.GetOrAdd("pump-1", TimeProvider.System.GetTimestamp()).Outbox.Attach(connection, received: 0);
        return connection;
    }

    private static void Acknowledge(ApiFixture api, FakeDeliveryConnection connection, long number) =>
        api.Host.Engine.Deliveries.Find("pump-1")!.Outbox.Acknowledge(connection, number);

    private static async Task KeptAsync(ApiFixture api, int messages)
    {
        while (api.Host.Engine.Outboxes.Messages < messages) await Task.Yield();
    }
}
