using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using HeartbeatGateway.Tests.Support;

namespace HeartbeatGateway.Tests.Api;

/// <summary>What every endpoint with a body refuses, and requests that a page of another site could send.</summary>
public sealed class BadInputTests
{
    /// <summary>Endpoints that take a body.</summary>
    public static TheoryData<string> Bodies => ["broadcast", "messages", "clients/pump-1/messages", "disconnect", "drain"];

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task A_body_that_is_too_large_or_no_JSON_is_refused_and_changes_nothing(string path)
    {
        await using var api = await ApiFixture.StartAsync();
        await api.ConnectAsync("pump-1");
        var large = Encoding.UTF8.GetBytes($$"""{"type":"order","text":"{{new string('x', 2 * 1024 * 1024)}}"}""");
        (byte[] Body, HttpStatusCode Status, string Code)[] cases =
        [
            (large, HttpStatusCode.RequestEntityTooLarge, "body_too_large"),
            ("{\"type\":"u8.ToArray(), HttpStatusCode.BadRequest, "invalid_body"),
            ("{} {}"u8.ToArray(), HttpStatusCode.BadRequest, "invalid_body"),
            ("{'type':'order'}"u8.ToArray(), HttpStatusCode.BadRequest, "invalid_body"),
            ("\"text\""u8.ToArray(), HttpStatusCode.BadRequest, "invalid_body"),
            ([.. "{\"type\":\""u8, 0xC3, 0x28, .. "\"}"u8], HttpStatusCode.BadRequest, "invalid_body"),
            ([0xFF, 0xFE, .. Encoding.Unicode.GetBytes("{}")], HttpStatusCode.BadRequest, "invalid_body"),
            (Encoding.UTF8.GetBytes(new string('[', 100_000)), HttpStatusCode.BadRequest, "invalid_body"),
            (new byte[100], HttpStatusCode.BadRequest, "invalid_body"),
        ];
        foreach (var (body, status, code) in cases)
        {
            var (answer, text) = await PostPatientlyAsync(api.Host.Http, path, body);
            Assert.Equal((status, code), (answer, JsonDocument.Parse(text).RootElement.GetProperty("code").GetString()));
        }

        Assert.Equal(1, api.Host.Engine.ConnectedClients);
        Assert.False(api.Host.Engine.IsDraining);
        Assert.Empty((await api.GetAsync("audit", ApiFixture.AdminKey)).Json.GetProperty("entries").EnumerateArray());
    }

    [Theory]
    [InlineData("""{"type":"12345678901234567890123456789012345678901234567890"}""", null)]
    [InlineData("""{"type":"123456789012345678901234567890123456789012345678901"}""", "invalid_type")]
    [InlineData("""{"type":"温温温温温温温温温温温温温温温温ab"}""", null)]
    [InlineData("""{"type":"温温温温温温温温温温温温温温温温abc"}""", "invalid_type")]
    [InlineData("""{"type":"order","base64":"eA=="}""", null)]
    [InlineData("""{"type":"order","base64":"eA="}""", "invalid_content")]
    [InlineData("""{"type":"order","base64":"eA"}""", "invalid_content")]
    [InlineData("""{"type":"order","base64":"-_-_"}""", "invalid_content")]
    [InlineData("""{"type":"order","base64":"\u0000AAA"}""", "invalid_content")]
    public async Task Types_have_at_most_50_bytes_and_base64_is_complete(string body, string? code)
    {
        await using var api = await ApiFixture.StartAsync();
        var answer = await api.SendAsync("POST", "broadcast", ApiFixture.SendKey, body);
        if (code is null) Assert.Equal(HttpStatusCode.OK, answer.Status);
        else answer.AssertProblem(HttpStatusCode.BadRequest, code);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("1000000000")]
    [InlineData("99999999999999999999")]
    [InlineData("+1")]
    [InlineData("1e3")]
    [InlineData("%201")]
    [InlineData("")]
    public async Task Page_sizes_out_of_range_are_refused_by_every_list(string limit)
    {
        await using var api = await ApiFixture.StartAsync();
        foreach (var path in new[] { "clients", "audit" })
        {
            var answer = await api.GetAsync($"{path}?limit={limit}", ApiFixture.AdminKey);
            answer.AssertProblem(HttpStatusCode.BadRequest, "invalid_parameter");
            Assert.Contains("'limit'", answer.Detail, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("-Infinity")]
    [InlineData("-0.1")]
    [InlineData("1e300")]
    public async Task Seconds_that_are_no_length_of_time_are_refused_in_queries_and_bodies(string seconds)
    {
        await using var api = await ApiFixture.StartAsync();
        (await api.GetAsync($"clients?idleLongerThan={seconds}")).AssertProblem(HttpStatusCode.BadRequest, "invalid_parameter");
        var body = $$$"""{"filter":{"idleLongerThan":"{{{seconds}}}"},"dryRun":true}""";
        Assert.Equal(HttpStatusCode.BadRequest, (await api.SendAsync("POST", "disconnect", ApiFixture.AdminKey, body)).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await api.SendAsync("POST", "drain", ApiFixture.AdminKey, $$"""{"durationSeconds":"{{seconds}}"}""")).Status);
    }

    [Theory]
    [InlineData("GET", "clients")]
    [InlineData("POST", "broadcast")]
    [InlineData("POST", "drain")]
    [InlineData("DELETE", "drain")]
    public async Task An_expired_key_can_do_nothing_any_more(string method, string path)
    {
        await using var api = await ApiFixture.StartAsync("--Gateway:Admin:Keys:2:ExpiresAt=2020-01-01T00:00:00Z");
        var answer = await api.SendAsync(method, path, ApiFixture.AdminKey, method == "POST" ? """{"type":"order"}""" : null);
        answer.AssertProblem(HttpStatusCode.Unauthorized, "key_required");
        Assert.Contains("expired at 2020-01-01", answer.Detail, StringComparison.Ordinal);
        Assert.False(api.Host.Engine.IsDraining);
    }

    [Theory]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("text/plain")]
    public async Task A_form_of_another_site_changes_nothing_also_where_loopback_may_change(string type)
    {
        await using var host = await ServiceHost.StartAsync("--Gateway:Admin:AllowLoopbackChanges=true");
        // A form can carry JSON in text/plain, and a page can be opened from a file, whose origin is null.
        (string Name, string Value)[][] browsers =
        [
            [("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")],
            [("Origin", "null"), ("Sec-Fetch-Site", "cross-site")],
            [("Origin", "https://evil.example")],
            [("Origin", $"http://localhost:{host.Http.BaseAddress!.Port + 1}")],
        ];
        foreach (var headers in browsers)
        {
            var (status, text) = await PostAsync(host.Http, "drain", new StringContent("{}"), type, key: null, headers);
            Assert.Equal((HttpStatusCode.Forbidden, "cross_site"), (status, JsonDocument.Parse(text).RootElement.GetProperty("code").GetString()));
        }

        // A browser that sends neither header is stopped by the content type, which no form can choose.
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await PostAsync(host.Http, "drain", new StringContent("{}"), type, key: null)).Status);
        Assert.False(host.Engine.IsDraining);
        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync(host.Http, "drain", new StringContent("{}"), "application/json", key: null)).Status);
    }

    /// <summary>
    /// A refusal ends the connection while the body is still being sent, so that the sender may see a reset before the answer (RFC 9112, section 9.6).
    /// </summary>
    private static async Task<(HttpStatusCode Status, string Text)> PostPatientlyAsync(HttpClient http, string path, byte[] body)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await PostAsync(http, path, new ByteArrayContent(body), "application/json", ApiFixture.AdminKey);
            }
            catch (HttpRequestException) when (attempt < 20)
            {
                // Again.
            }
        }
    }

    private static async Task<(HttpStatusCode Status, string Text)> PostAsync(HttpClient http, string path, HttpContent content, string type, string? key, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/{path}") { Content = content };
        request.Headers.ExpectContinue = true;
        request.Headers.ConnectionClose = true;
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        if (key is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
