using System.Net;
using HeartbeatGateway.Tests.Support;

namespace HeartbeatGateway.Tests.Api;

/// <summary>Who may call the API.</summary>
public sealed class AccessTests
{
    [Theory]
    [InlineData("GET", "status")]
    [InlineData("GET", "nodes")]
    [InlineData("GET", "clients")]
    [InlineData("GET", "clients/pump-1")]
    [InlineData("GET", "connections/1")]
    [InlineData("GET", "presence")]
    [InlineData("GET", "events")]
    [InlineData("GET", "deliveries")]
    [InlineData("GET", "snapshots")]
    [InlineData("GET", "audit")]
    [InlineData("GET", "disconnects")]
    [InlineData("GET", "config")]
    [InlineData("GET", "keys")]
    [InlineData("GET", "drain")]
    [InlineData("POST", "drain")]
    [InlineData("DELETE", "drain")]
    [InlineData("POST", "messages")]
    [InlineData("POST", "broadcast")]
    [InlineData("POST", "clients/pump-1/messages")]
    [InlineData("DELETE", "clients/pump-1")]
    [InlineData("POST", "disconnect")]
    [InlineData("GET", "bans")]
    [InlineData("POST", "bans")]
    [InlineData("DELETE", "bans/b-1")]
    public async Task Every_endpoint_demands_a_key(string method, string path)
    {
        await using var api = await ApiFixture.StartAsync();
        var body = method == "POST" ? "{}" : null;
        var none = await api.SendAsync(method, path, key: null, body);
        none.AssertProblem(HttpStatusCode.Unauthorized, "key_required");
        Assert.Equal("Bearer", $"{none.Headers.WwwAuthenticate}");
        var wrong = await api.SendAsync(method, path, "not-a-key-of-this-gateway", body);
        wrong.AssertProblem(HttpStatusCode.Unauthorized, "key_required");
        Assert.Contains("not known", wrong.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("not-a-key-of-this-gateway", wrong.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "audit", ApiFixture.SendKey, "sender", "admin")]
    [InlineData("POST", "broadcast", ApiFixture.ReadKey, "reader", "send")]
    [InlineData("POST", "clients/pump-1/messages", ApiFixture.ReadKey, "reader", "send")]
    [InlineData("POST", "messages", ApiFixture.ReadKey, "reader", "send")]
    [InlineData("DELETE", "clients/pump-1", ApiFixture.SendKey, "sender", "admin")]
    [InlineData("POST", "disconnect", ApiFixture.SendKey, "sender", "admin")]
    [InlineData("POST", "bans", ApiFixture.SendKey, "sender", "admin")]
    [InlineData("DELETE", "bans/b-1", ApiFixture.SendKey, "sender", "admin")]
    [InlineData("GET", "config", ApiFixture.SendKey, "sender", "admin")]
    [InlineData("GET", "keys", ApiFixture.SendKey, "sender", "admin")]
    [InlineData("POST", "drain", ApiFixture.SendKey, "sender", "admin")]
    [InlineData("DELETE", "drain", ApiFixture.SendKey, "sender", "admin")]
    public async Task A_key_without_the_scope_is_refused_with_both_scopes_named(string method, string path, string key, string id, string needed)
    {
        await using var api = await ApiFixture.StartAsync();
        var answer = await api.SendAsync(method, path, key, method == "POST" ? "{}" : null);
        answer.AssertProblem(HttpStatusCode.Forbidden, "scope_required");
        Assert.Contains($"'{id}'", answer.Detail, StringComparison.Ordinal);
        Assert.Contains($"needs {needed}", answer.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_scope_includes_the_ones_before_it()
    {
        await using var api = await ApiFixture.StartAsync();
        foreach (var key in new[] { ApiFixture.ReadKey, ApiFixture.SendKey, ApiFixture.AdminKey }) Assert.Equal(HttpStatusCode.OK, (await api.GetAsync("clients", key)).Status);
        Assert.Equal(HttpStatusCode.OK, (await api.SendAsync("POST", "broadcast", ApiFixture.AdminKey, """{"type":"news"}""")).Status);
        Assert.Equal("admin", (await api.GetAsync("status", ApiFixture.AdminKey)).Json.GetProperty("scope").GetString());
    }

    [Fact]
    public async Task An_expired_key_is_refused_with_the_time()
    {
        await using var api = await ApiFixture.StartAsync("--Gateway:Admin:Keys:0:ExpiresAt=2020-01-01T00:00:00Z");
        var answer = await api.GetAsync("status");
        answer.AssertProblem(HttpStatusCode.Unauthorized, "key_required");
        Assert.Contains("'reader' expired at 2020-01-01", answer.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_keys_direct_callers_on_loopback_may_read_and_change_nothing()
    {
        await using var host = await ServiceHost.StartAsync();
        Assert.Equal(HttpStatusCode.OK, await host.StatusAsync("/api/v1/status"));
        using var content = new StringContent("""{"type":"news"}""", System.Text.Encoding.UTF8, "application/json");
        using var response = await host.Http.PostAsync(new Uri("/api/v1/broadcast", UriKind.Relative), content, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    [Fact]
    public async Task Without_keys_callers_on_loopback_may_change_where_the_settings_allow_it()
    {
        await using var host = await ServiceHost.StartAsync("--Gateway:Admin:AllowLoopbackChanges=true");
        using var content = new StringContent("""{"type":"news"}""", System.Text.Encoding.UTF8, "application/json");
        using var response = await host.Http.PostAsync(new Uri("/api/v1/broadcast", UriKind.Relative), content, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("X-Forwarded-For", "203.0.113.9")]
    [InlineData("X-Forwarded-Proto", "https")]
    [InlineData("X-Forwarded-Host", "gateway.example")]
    [InlineData("Forwarded", "for=203.0.113.9")]
    [InlineData("X-Real-IP", "203.0.113.9")]
    [InlineData("Via", "1.1 proxy")]
    [InlineData("Host", "gateway.example")]
    [InlineData("Host", "localhost.example")]
    [InlineData("Host", "127.0.0.1.example")]
    [InlineData("Host", "")]
    public async Task Without_keys_requests_that_came_through_a_proxy_or_for_another_host_are_refused(string header, string value)
    {
        await using var host = await ServiceHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/status");
        if (header == "Host") request.Headers.Host = value.Length > 0 ? value : "x";
        else request.Headers.TryAddWithoutValidation(header, value);
        using var response = await host.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("LOCALHOST:8080")]
    [InlineData("127.0.0.1:8080")]
    [InlineData("[::1]:8080")]
    public async Task Without_keys_the_names_of_this_machine_are_accepted(string name)
    {
        await using var host = await ServiceHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/status");
        request.Headers.Host = name;
        using var response = await host.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "null")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    [InlineData("Sec-Fetch-Site", "<script>")]
    public async Task Requests_of_pages_of_other_sites_are_refused_with_any_key(string header, string value)
    {
        await using var api = await ApiFixture.StartAsync();
        var answer = await api.GetAsync("status", ApiFixture.AdminKey, (header, value));
        answer.AssertProblem(HttpStatusCode.Forbidden, "cross_site");
        Assert.DoesNotContain("<script>", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_of_the_gateways_own_pages_are_answered()
    {
        await using var api = await ApiFixture.StartAsync();
        var origin = api.Host.Http.BaseAddress!.GetLeftPart(UriPartial.Authority);
        Assert.Equal(HttpStatusCode.OK, (await api.GetAsync("status", ApiFixture.ReadKey, ("Origin", origin), ("Sec-Fetch-Site", "same-origin"))).Status);
    }

    [Fact]
    public async Task Metrics_and_health_need_no_key_unless_the_settings_demand_it()
    {
        await using (var api = await ApiFixture.StartAsync())
        {
            Assert.Equal(HttpStatusCode.OK, (await api.GetAsync("/metrics", key: null)).Status);
        }

        await using var closed = await ApiFixture.StartAsync("--Gateway:Admin:RequireKeyForMetrics=true");
        Assert.Equal(HttpStatusCode.Unauthorized, (await closed.GetAsync("/metrics", key: null)).Status);
        Assert.Equal(HttpStatusCode.OK, (await closed.GetAsync("/metrics")).Status);
        Assert.Equal(HttpStatusCode.OK, (await closed.GetAsync("/livez", key: null)).Status);
    }

    [Fact]
    public async Task A_key_above_its_rate_is_told_when_to_try_again()
    {
        await using var api = await ApiFixture.StartAsync("--Gateway:Admin:RequestsPerSecond=2");
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => api.GetAsync("status")));
        var refused = Assert.IsType<ApiFixture.Answer>(answers.FirstOrDefault(a => a.Status == HttpStatusCode.TooManyRequests));
        refused.AssertProblem(HttpStatusCode.TooManyRequests, "too_many_requests");
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.Equal(HttpStatusCode.OK, (await api.GetAsync("status", ApiFixture.SendKey)).Status);
    }

    [Fact]
    public async Task The_last_use_of_each_key_is_shown_and_no_key()
    {
        await using var api = await ApiFixture.StartAsync("--Gateway:Admin:Keys:0:ExpiresAt=2020-01-01T00:00:00Z");
        var began = TimeProvider.System.GetUtcNow();
        await api.GetAsync("status", ApiFixture.SendKey);
        var answer = await api.GetAsync("keys", ApiFixture.AdminKey);
        var keys = answer.Json.GetProperty("keys").EnumerateArray().ToDictionary(k => k.GetProperty("id").GetString()!);
        Assert.True(keys["reader"].GetProperty("isExpired").GetBoolean());
        Assert.Equal("send", keys["sender"].GetProperty("scope").GetString());
        Assert.InRange(keys["sender"].GetProperty("lastUsedAt").GetDateTimeOffset(), began, TimeProvider.System.GetUtcNow());
        Assert.DoesNotContain(ApiFixture.SendKey, answer.Json.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unknown_addresses_and_methods_are_problems_too()
    {
        await using var api = await ApiFixture.StartAsync();
        (await api.GetAsync("nothing")).AssertProblem(HttpStatusCode.NotFound, "not_found");
        (await api.SendAsync("PUT", "status")).AssertProblem(HttpStatusCode.MethodNotAllowed, "method_not_allowed");
    }

    [Fact]
    public async Task The_OpenAPI_document_lists_every_endpoint()
    {
        await using var api = await ApiFixture.StartAsync();
        Assert.Equal(HttpStatusCode.Unauthorized, (await api.GetAsync("/openapi/v1.json", key: null)).Status);
        var document = await api.GetAsync("/openapi/v1.json");
        var paths = document.Json.GetProperty("paths").EnumerateObject().SelectMany(p => p.Value.EnumerateObject().Select(m => $"{m.Name.ToUpperInvariant()} {p.Name}")).Order(StringComparer.Ordinal);
        Assert.Equal(
            [
                "DELETE /api/v1/bans/{id}", "DELETE /api/v1/clients/{id}", "DELETE /api/v1/drain", "GET /api/v1/audit", "GET /api/v1/bans", "GET /api/v1/clients",
                "GET /api/v1/clients/{id}", "GET /api/v1/config", "GET /api/v1/connections/{connectionId}", "GET /api/v1/deliveries", "GET /api/v1/disconnects", "GET /api/v1/drain", "GET /api/v1/events", "GET /api/v1/keys",
                "GET /api/v1/nodes", "GET /api/v1/presence", "GET /api/v1/snapshots", "GET /api/v1/status", "POST /api/v1/bans", "POST /api/v1/broadcast", "POST /api/v1/clients/{id}/messages",
                "POST /api/v1/disconnect", "POST /api/v1/drain", "POST /api/v1/messages",
            ],
            paths.Where(p => p.Contains("/api/", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Answers_are_not_stored_by_caches()
    {
        await using var api = await ApiFixture.StartAsync();
        var answer = await api.GetAsync("status");
        Assert.Equal("no-store", $"{answer.Headers.CacheControl}");
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
    }
}
