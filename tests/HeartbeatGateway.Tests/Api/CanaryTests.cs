using System.Net.Http.Headers;
using System.Reflection;
using System.Text;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Tests.Configuration;
using HeartbeatGateway.Tests.Support;
using Microsoft.Extensions.Configuration;

namespace HeartbeatGateway.Tests.Api;

/// <summary>Every secret that settings can hold is a canary: none is in any answer, in the metrics, or in a log line of any level.</summary>
public sealed class CanaryTests : IDisposable
{
    private const string VariablePrefix = "HBGCANARY_";

    /// <summary>The options that are marked as secrets. Each has a canary below; a new one needs one too.</summary>
    private static readonly string[] SecretOptions =
        ["AdminKeyOptions.Key", "AuthorizationOptions.Secret", "DigestOptions.Recipe", "RedisSettings.Configuration", "TokenKeyOptions.Secret", "WebhookSecretOptions.Secret"];

    private readonly string _folder = Directory.CreateTempSubdirectory("heartbeatgateway-canary-").FullName;
    private readonly LogText _logs = new();
    private readonly List<string> _canaries = [TestSecrets.Secret, ApiFixture.ReadKey, ApiFixture.SendKey, ApiFixture.AdminKey];

    public void Dispose()
    {
        foreach (var variable in Environment.GetEnvironmentVariables().Keys.Cast<string>().Where(v => v.StartsWith(VariablePrefix, StringComparison.Ordinal))) Environment.SetEnvironmentVariable(variable, null);
        Directory.Delete(_folder, recursive: true);
        _logs.Dispose();
    }

    [Fact]
    public async Task No_secret_is_in_an_answer_in_the_metrics_or_in_the_log()
    {
        var secrets = OptionMarksTests.OptionsOf(typeof(ServiceOptions)).Where(p => p.IsDefined(typeof(SecretAttribute))).Select(p => $"{p.DeclaringType!.Name}.{p.Name}");
        Assert.Equal(SecretOptions, secrets.Order(StringComparer.Ordinal));
        await using var api = await StartAsync();
        await api.ConnectAsync("pump-1");
        await api.ConnectAnonymousAsync();
        await api.SendAsync("POST", "clients/pump-1/messages", ApiFixture.AdminKey, """{"type":"order","text":"start"}""");
        var connection = (await api.GetAsync("clients")).Json.GetProperty("clients")[0].GetProperty("connectionId").GetString()!;

        var document = await api.GetAsync("/openapi/v1.json");
        var paths = document.Json.GetProperty("paths").EnumerateObject().Where(p => p.Value.TryGetProperty("get", out _))
            .Select(p => p.Name.Replace("{id}", "pump-1", StringComparison.Ordinal).Replace("{connectionId}", connection, StringComparison.Ordinal)).ToList();
        Assert.True(paths.Count >= 9, $"There are {paths.Count} addresses.");
        foreach (var path in paths.Concat(["/metrics", "/livez", "/readyz", "/healthz", "/openapi/v1.json"]))
        {
            var (status, text) = await ReadAsync(api, path, ApiFixture.AdminKey);
            Assert.True(status is >= 200 and < 300, $"{path}: {status} {text}");
            AssertNone(text, path);
        }

        // A secret at the wrong place is not repeated either.
        foreach (var canary in _canaries.Where(c => !c.Contains("-key-", StringComparison.Ordinal)))
        {
            AssertNone((await ReadAsync(api, "/api/v1/status", canary)).Text, "a request with a secret as its key");
        }

        var listed = (await ReadAsync(api, "/api/v1/config", ApiFixture.AdminKey)).Text;
        foreach (var name in new[] { "Tokens:Keys:1:Secret", "Tokens:Keys:2:SecretFile", "Admin:Keys:3:Key", "Admin:Keys:4:KeyFile", "Tokens:Digest:Recipe", "Webhook:Secrets:0:Secret", "Webhook:Secrets:1:SecretFile", "Authorization:Secret", "Redis:Configuration" })
        {
            Assert.Contains($"\"name\":\"Gateway:{name}\"", listed, StringComparison.Ordinal);
        }

        await _logs.SawAsync("CollectorUnreachable");
        await _logs.SawAsync("WebhookFailing");
        ((IConfigurationRoot)api.Host.App.Configuration).Reload();
        await _logs.SawAsync("ConfigurationUnchanged");
        await api.Host.App.StopAsync(TestContext.Current.CancellationToken);
        Assert.Contains("\"@l\":\"Debug\"", _logs.Text, StringComparison.Ordinal);
        foreach (var line in _logs.Text.Split('\n')) AssertNone(line, "the log");
    }

    private Task<ApiFixture> StartAsync()
    {
        var settings = Path.Combine(_folder, "settings.json");
        File.WriteAllText(settings, $$"""
            {
              "Gateway": { "Admin": { "Keys": { "3": { "Key": "{{Canary("json-admin")}}" } } }, "Tokens": { "Digest": { "Recipe": "{content}{secret}{{Canary("recipe")}}" } } },
              "OTEL_EXPORTER_OTLP_ENDPOINT": "http://{{Canary("user")}}:{{Canary("password")}}@127.0.0.1:9/?token={{Canary("query")}}#{{Canary("fragment")}}",
              "OTEL_EXPORTER_OTLP_METRICS_HEADERS": "authorization={{Canary("metrics-header")}}",
              "HTTPS_PROXY": "http://{{Canary("proxy-user")}}:{{Canary("proxy-password")}}@proxy.example:3128"
            }
            """);
        SetVariable("Gateway__Tokens__Keys__1__Id", "k2");
        SetVariable("Gateway__Tokens__Keys__1__Secret", Canary("variable-token"));
        SetVariable("Gateway__Tokens__Keys__2__Id", "k3");
        SetVariable("Gateway__Tokens__Keys__2__SecretFile", WriteFile("token-file"));
        SetVariable("Gateway__Admin__Keys__4__KeyFile", WriteFile("admin-file"));
        SetVariable("Gateway__Webhook__Url", $"http://127.0.0.1:9/hook?token={Canary("webhook-query")}");
        SetVariable("Gateway__Webhook__Secrets__0__Secret", WebhookCanary());
        SetVariable("Gateway__Webhook__Secrets__1__SecretFile", WriteFile("webhook-file", WebhookCanary()));
        SetVariable("Gateway__Authorization__Url", "http://127.0.0.1:9/");
        SetVariable("Gateway__Authorization__OnFailure", "Allow");
        SetVariable("Gateway__Authorization__Secret", Canary("authorization"));
        SetVariable("Gateway__Redis__Configuration", $"127.0.0.1:9,user={Canary("redis-user")},password={Canary("redis-password")}");
        SetVariable("OTEL_EXPORTER_OTLP_HEADERS", $"authorization={Canary("header")}");
        SetVariable("OTEL_RESOURCE_ATTRIBUTES", $"key={Canary("attribute")}");
        return ApiFixture.StartAsync(
            _logs,
            builder =>
            {
                var sources = ((IConfigurationBuilder)builder.Configuration).Sources;
                sources.Insert(0, new SettingsFile(settings));
                sources.Insert(1, new Microsoft.Extensions.Configuration.EnvironmentVariables.EnvironmentVariablesConfigurationSource { Prefix = VariablePrefix });
            },
            "--Serilog:MinimumLevel:Default=Verbose", "--Serilog:MinimumLevel:Override:Microsoft=Verbose", "--Serilog:MinimumLevel:Override:System=Verbose",
            "--OTEL_METRIC_EXPORT_INTERVAL=100", "--OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", "--Gateway:Admin:RequestsPerSecond=0");
    }

    private string Canary(string name)
    {
        var canary = $"canary-{name}-{Guid.NewGuid():N}";
        _canaries.Add(canary);
        return canary;
    }

    /// <summary>A secret in the form that webhooks demand. Its base64 part is the canary.</summary>
    private string WebhookCanary()
    {
        var canary = Convert.ToBase64String(System.Security.Cryptography.RandomNumberGenerator.GetBytes(30));
        _canaries.Add(canary);
        return $"whsec_{canary}";
    }

    private string WriteFile(string name) => WriteFile(name, Canary(name));

    private string WriteFile(string name, string content)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, content);
        return path;
    }

    private static void SetVariable(string name, string value) => Environment.SetEnvironmentVariable(VariablePrefix + name, value);

    /// <summary>Reads an answer; of a stream of events, its beginning.</summary>
    private static async Task<(int Status, string Text)> ReadAsync(ApiFixture api, string path, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var response = await api.Host.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        var head = $"{response.Headers}{response.Content.Headers}";
        if (response.Content.Headers.ContentType?.MediaType != "text/event-stream") return ((int)response.StatusCode, head + await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        var bytes = new byte[64 * 1024];
        var count = await (await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken)).ReadAsync(bytes, TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, head + Encoding.UTF8.GetString(bytes, 0, count));
    }

    private void AssertNone(string text, string where) =>
        Assert.All(_canaries, canary => Assert.False(text.Contains(canary, StringComparison.Ordinal), $"{where} contains {canary}: {text}"));
}
