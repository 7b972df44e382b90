using System.Text.Json;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Testing;
using Microsoft.Extensions.Configuration;

namespace HeartbeatGateway.Tests.Api;

/// <summary>The settings in force, as the API shows them.</summary>
public sealed class ConfigTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("heartbeatgateway-config-").FullName;

    private string FilePath => Path.Combine(_folder, "settings.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Shows_values_with_their_origin()
    {
        await File.WriteAllTextAsync(FilePath, """{"Gateway":{"Admission":{"MaxConnections":500,"Observe":["limit_rate"]},"Logging":{"Levels":{"draining":"Debug"}}}}""", TestContext.Current.CancellationToken);
        await using var api = await StartAsync("--Gateway:Tokens:Keys:0:Clients:0=pump-*");
        var options = await ReadAsync(api);
        Assert.Equal("127.0.0.1:0 set shown, command line", options["Gateway:Tcp:Endpoint"]);
        Assert.Equal("00:00:07 set shown, appsettings.json", options["Gateway:Heartbeat:ReaderIdle"]);
        Assert.Equal("00:01:00 unset shown, default", options["Gateway:Heartbeat:MaxInterval"]);
        Assert.Equal("500 set shown, settings.json", options["Gateway:Admission:MaxConnections"]);
        Assert.Equal("limit_rate set shown, settings.json", options["Gateway:Admission:Observe:0"]);
        Assert.Equal("Debug set shown, settings.json", options["Gateway:Logging:Levels:draining"]);
        Assert.Equal(" unset shown, default", options["Gateway:Admission:HandshakeTimeout"]);
        Assert.Equal(" unset shown, default", options["Gateway:Proxy:TrustedNetworks"]);
        Assert.Equal("false unset shown, default", options["Gateway:Tokens:LogSignedBytes"]);
        Assert.Equal("Strict set shown, appsettings.json", options["Gateway:Frames:Resync"]);
        Assert.Equal("pump-* set shown, command line", options["Gateway:Tokens:Keys:0:Clients:0"]);
        Assert.Equal(" set hidden, command line", options["Gateway:Tokens:Keys:0:Secret"]);
        Assert.Equal(" unset hidden, default", options["Gateway:Tokens:Digest:Recipe"]);
        Assert.Equal("reader set shown, command line", options["Gateway:Admin:Keys:0:Id"]);
        Assert.Equal(" set hidden, command line", options["Gateway:Admin:Keys:1:Key"]);
        Assert.Equal("Send set shown, command line", options["Gateway:Admin:Keys:1:Scope"]);
        Assert.Equal("http://127.0.0.1:0 set shown, command line", options["ASPNETCORE_URLS"]);
        Assert.Equal("Warning set shown, appsettings.json", options["Serilog:MinimumLevel:Override:Microsoft"]);
    }

    [Fact]
    public async Task Needs_the_scope_admin()
    {
        await using var api = await ApiFixture.StartAsync();
        (await api.GetAsync("config", ApiFixture.SendKey)).AssertProblem(System.Net.HttpStatusCode.Forbidden, "scope_required");
    }

    [Fact]
    public async Task User_info_and_query_of_URLs_are_removed_and_headers_are_hidden()
    {
        await using var api = await StartAsync(
            "--OTEL_EXPORTER_OTLP_ENDPOINT=http://user:password@127.0.0.1:9/v1?token=secret#part", "--OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer secret",
            "--OTEL_RESOURCE_ATTRIBUTES=key=secret", "--HTTPS_PROXY=user:password@proxy:3128", "--NO_PROXY=localhost,.example");
        var options = await ReadAsync(api);
        Assert.Equal("http://127.0.0.1:9/v1 set shown, command line", options["OTEL_EXPORTER_OTLP_ENDPOINT"]);
        Assert.Equal(" set hidden, command line", options["OTEL_EXPORTER_OTLP_HEADERS"]);
        Assert.Equal(" set hidden, command line", options["OTEL_RESOURCE_ATTRIBUTES"]);
        Assert.Equal(" set hidden, command line", options["HTTPS_PROXY"]);
        Assert.Equal("localhost,.example set shown, command line", options["NO_PROXY"]);
    }

    [Fact]
    public async Task After_a_reload_it_shows_what_is_in_force_and_not_what_was_refused_or_needs_a_restart()
    {
        await File.WriteAllTextAsync(FilePath, """{"Gateway":{"Admission":{"PingsPerSecond":10}}}""", TestContext.Current.CancellationToken);
        await using var api = await StartAsync();
        await File.WriteAllTextAsync(FilePath, """{"Gateway":{"Admission":{"PingsPerSecond":20},"Tcp":{"Backlog":7}}}""", TestContext.Current.CancellationToken);
        ((IConfigurationRoot)api.Host.App.Configuration).Reload();
        var options = await ReadAsync(api);
        Assert.Equal("20 set shown, settings.json", options["Gateway:Admission:PingsPerSecond"]);
        Assert.Equal("4096 unset shown, default", options["Gateway:Tcp:Backlog"]);

        await File.WriteAllTextAsync(FilePath, """{"Gateway":{"Admission":{"PingsPerSecond":-1}}}""", TestContext.Current.CancellationToken);
        ((IConfigurationRoot)api.Host.App.Configuration).Reload();
        Assert.Equal("20 set shown, settings.json", (await ReadAsync(api))["Gateway:Admission:PingsPerSecond"]);
    }

    [Fact]
    public async Task A_secret_that_stands_in_a_file_is_shown_by_the_path()
    {
        var secret = Path.Combine(_folder, "secret");
        await File.WriteAllTextAsync(secret, TestSecrets.Secret, TestContext.Current.CancellationToken);
        await using var api = await StartAsync($"--Gateway:Tokens:Keys:1:SecretFile={secret}", "--Gateway:Tokens:Keys:1:Id=k2");
        var options = await ReadAsync(api);
        Assert.Equal($"{secret} set shown, command line", options["Gateway:Tokens:Keys:1:SecretFile"]);
        Assert.Equal(" unset hidden, default", options["Gateway:Tokens:Keys:1:Secret"]);
    }

    private static async Task<Dictionary<string, string>> ReadAsync(ApiFixture api) =>
        (await api.GetAsync("config", ApiFixture.AdminKey)).Json.GetProperty("options").EnumerateArray().ToDictionary(
            o => o.GetProperty("name").GetString()!,
            o => $"{Value(o)} {(o.GetProperty("isSet").GetBoolean() ? "set" : "unset")} {(o.GetProperty("isShown").GetBoolean() ? "shown" : "hidden")}, {o.GetProperty("origin")}",
            StringComparer.Ordinal);

    private static string? Value(JsonElement option) => option.GetProperty("value").GetString();

    private Task<ApiFixture> StartAsync(params string[] settings) => ApiFixture.StartAsync(
        logs: null, builder => ((IConfigurationBuilder)builder.Configuration).Sources.Insert(0, new SettingsFile(FilePath)), settings);
}
