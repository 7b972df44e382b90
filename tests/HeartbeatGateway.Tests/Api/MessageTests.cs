using System.Net;

namespace HeartbeatGateway.Tests.Api;

/// <summary>Messages to clients.</summary>
public sealed class MessageTests
{
    [Theory]
    [InlineData("""{"type":"order","text":"start"}""", "start")]
    [InlineData("""{"type":"order","json":{ "speed" : 3 }}""", """{"speed":3}""")]
    [InlineData("""{"type":"order","base64":"c3RhcnQ="}""", "start")]
    [InlineData("""{"type":"order"}""", "")]
    public async Task Reaches_the_client(string body, string content)
    {
        await using var api = await ApiFixture.StartAsync();
        var client = await api.ConnectAsync("pump-1");
        var answer = await api.SendAsync("POST", "clients/pump-1/messages", ApiFixture.SendKey, body);
        Assert.Equal((HttpStatusCode.Accepted, "queued"), (answer.Status, answer.Json.GetProperty("result").GetString()));
        Assert.Equal(("order", content), await ApiFixture.ReadFrameAsync(client));
    }

    [Fact]
    public async Task Has_a_result_for_each_client()
    {
        await using var api = await ApiFixture.StartAsync();
        var client = await api.ConnectAsync("pump-1");
        var answer = await api.SendAsync("POST", "messages", ApiFixture.SendKey, """{"ids":["pump-2","pump-1"],"type":"order","text":"start"}""");
        Assert.Equal(["pump-2 gone", "pump-1 queued"], answer.Json.GetProperty("results").EnumerateArray().Select(r => $"{r.GetProperty("clientId")} {r.GetProperty("result")}"));
        Assert.Equal(("order", "start"), await ApiFixture.ReadFrameAsync(client));
    }

    [Fact]
    public async Task Broadcasts_reach_anonymous_clients_too()
    {
        await using var api = await ApiFixture.StartAsync();
        var named = await api.ConnectAsync("pump-1");
        var anonymous = await api.ConnectAnonymousAsync();
        var answer = await api.SendAsync("POST", "broadcast", ApiFixture.SendKey, """{"type":"news","text":"hi"}""");
        Assert.Equal(2, answer.Json.GetProperty("queued").GetInt32());
        Assert.Equal(("news", "hi"), await ApiFixture.ReadFrameAsync(named));
        Assert.Equal(("news", "hi"), await ApiFixture.ReadFrameAsync(anonymous));
    }

    [Fact]
    public async Task A_client_that_is_not_connected_or_takes_nothing_is_a_problem()
    {
        await using var api = await ApiFixture.StartAsync("--Gateway:Outbound:MaxPendingBytes=4096", "--Gateway:Frames:MaxContentBytes=65536");
        (await api.SendAsync("POST", "clients/pump-1/messages", ApiFixture.SendKey, """{"type":"order"}""")).AssertProblem(HttpStatusCode.NotFound, "client_gone");
        await api.ConnectAsync("pump-1");
        (await api.SendAsync("POST", "clients/pump-1/messages", ApiFixture.SendKey, $$"""{"type":"order","text":"{{new string('x', 60_000)}}"}""")).AssertProblem(HttpStatusCode.ServiceUnavailable, "client_slow");
    }

    [Fact]
    public async Task A_repeated_request_with_the_same_idempotency_key_sends_nothing_again()
    {
        await using var api = await ApiFixture.StartAsync();
        var client = await api.ConnectAsync("pump-1");
        for (var i = 0; i < 3; i++)
        {
            var answer = await api.SendAsync("POST", "clients/pump-1/messages", ApiFixture.SendKey, """{"type":"order","text":"once"}""", ("Idempotency-Key", "k-1"));
            Assert.Equal(HttpStatusCode.Accepted, answer.Status);
        }

        // Keys of one caller are not those of another.
        await api.SendAsync("POST", "clients/pump-1/messages", ApiFixture.AdminKey, """{"type":"order","text":"other caller"}""", ("Idempotency-Key", "k-1"));
        Assert.Equal("once", (await ApiFixture.ReadFrameAsync(client)).Content);
        Assert.Equal("other caller", (await ApiFixture.ReadFrameAsync(client)).Content);
        (await api.SendAsync("POST", "clients/pump-1/messages", ApiFixture.SendKey, """{"type":"order","text":"twice"}""", ("Idempotency-Key", "k-1")))
            .AssertProblem(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
        (await api.SendAsync("POST", "broadcast", ApiFixture.SendKey, """{"type":"order","text":"once"}""", ("Idempotency-Key", new string('k', 200))))
            .AssertProblem(HttpStatusCode.BadRequest, "invalid_idempotency_key");
    }

    [Theory]
    [InlineData("""{"text":"x"}""", "invalid_type")]
    [InlineData("""{"type":"","text":"x"}""", "invalid_type")]
    [InlineData("""{"type":"a type that has more than fifty bytes, since it is long"}""", "invalid_type")]
    [InlineData("""{"type":"温温温温温温温温温温温温温温温温温"}""", "invalid_type")]
    [InlineData("""{"type":" order"}""", "invalid_type")]
    [InlineData("""{"type":"or\nder"}""", "invalid_type")]
    [InlineData("""{"type":"ping"}""", "invalid_type")]
    [InlineData("""{"type":"close"}""", "invalid_type")]
    [InlineData("""{"type":"order","text":"x","base64":"eA=="}""", "invalid_content")]
    [InlineData("""{"type":"order","base64":"%%%"}""", "invalid_content")]
    [InlineData("""{"type":"order","txt":"x"}""", "invalid_body")]
    [InlineData("""{"type":"order","type":"other"}""", "invalid_body")]
    [InlineData("""{"type":"order","text":"\ud800"}""", "invalid_body")]
    [InlineData("""{"type":"order",""", "invalid_body")]
    [InlineData("[]", "invalid_body")]
    [InlineData("null", "invalid_body")]
    [InlineData("", "invalid_body")]
    public async Task Wrong_bodies_are_refused(string body, string code)
    {
        await using var api = await ApiFixture.StartAsync();
        (await api.SendAsync("POST", "broadcast", ApiFixture.SendKey, body)).AssertProblem(HttpStatusCode.BadRequest, code);
    }

    [Fact]
    public async Task Invalid_UTF8_is_refused()
    {
        await using var api = await ApiFixture.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/broadcast");
        request.Headers.Authorization = new("Bearer", ApiFixture.SendKey);
        request.Content = new ByteArrayContent([.. "{\"type\":\"order\",\"text\":\""u8, 0xFF, 0xFE, .. "\"}"u8]);
        request.Content.Headers.ContentType = new("application/json");
        using var response = await api.Host.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Theory]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("text/plain")]
    [InlineData("multipart/form-data; boundary=x")]
    public async Task Only_JSON_is_taken(string type)
    {
        await using var api = await ApiFixture.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/broadcast");
        request.Headers.Authorization = new("Bearer", ApiFixture.SendKey);
        request.Content = new StringContent("""{"type":"order"}""");
        request.Content.Headers.ContentType = System.Net.Http.Headers.MediaTypeHeaderValue.Parse(type);
        using var response = await api.Host.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_of_two_megabytes_is_refused(bool chunked)
    {
        await using var api = await ApiFixture.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/broadcast");
        request.Headers.Authorization = new("Bearer", ApiFixture.SendKey);
        request.Headers.TransferEncodingChunked = chunked;
        // Otherwise the client may find the connection reset while it still sends, before it reads the answer.
        request.Headers.ExpectContinue = !chunked;
        request.Content = new StringContent($$"""{"type":"order","text":"{{new string('x', 2_000_000)}}"}""", System.Text.Encoding.UTF8, "application/json");
        using var response = await api.Host.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Fact]
    public async Task Content_above_the_frames_limit_is_refused()
    {
        await using var api = await ApiFixture.StartAsync();
        var answer = await api.SendAsync("POST", "broadcast", ApiFixture.SendKey, $$"""{"type":"order","text":"{{new string('x', 65_537)}}"}""");
        answer.AssertProblem(HttpStatusCode.BadRequest, "content_too_large");
        Assert.Contains("65537 bytes", answer.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":"order"}""", "invalid_ids")]
    [InlineData("""{"ids":[],"type":"order"}""", "invalid_ids")]
    [InlineData("""{"ids":["a b"],"type":"order"}""", "invalid_client_id")]
    public async Task Wrong_lists_of_clients_are_refused(string body, string code)
    {
        await using var api = await ApiFixture.StartAsync();
        (await api.SendAsync("POST", "messages", ApiFixture.SendKey, body)).AssertProblem(HttpStatusCode.BadRequest, code);
    }
}
