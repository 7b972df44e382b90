using HeartbeatGateway.Configuration;
using HeartbeatGateway.Tests.Support;
using Microsoft.Extensions.Configuration;

namespace HeartbeatGateway.Tests.Configuration;

/// <summary>What the service says about a reload, and what is in force after it.</summary>
public sealed class ReloadTests : IDisposable
{
    private static readonly string[] Verbose = ["--Serilog:MinimumLevel:Default=Information"];

    private readonly string _folder = Directory.CreateTempSubdirectory("heartbeatgateway-reload-").FullName;
    private readonly LogText _logs = new();

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        _logs.Dispose();
    }

    [Fact]
    public async Task Key_bindings_and_limits_of_a_broken_file_stay_in_force_when_another_source_changes()
    {
        Write("""{"Gateway":{"Tokens":{"Keys":[{"Id":"k1","Clients":["pump-*"]}]},"Admission":{"MaxConnectionsPerAddress":5}}}""");
        await using var host = await StartAsync();
        Assert.Equal(5, host.Engine.Settings.MaxConnectionsPerAddress);
        Write("{");
        Set(host, "Gateway:Frames:MaxContentBytes", "1000");
        Assert.Equal(1000, host.Engine.Settings.MaxContentBytes);
        Assert.Equal(5, host.Engine.Settings.MaxConnectionsPerAddress);
        Assert.Equal("pump-*", host.App.Configuration["Gateway:Tokens:Keys:0:Clients:0"]);
        await _logs.SawAsync("ConfigurationRefused", "settings.json is not valid JSON: line 1, byte 2");
        await _logs.SawAsync("\"@m\":\"The configuration has changed and is in force: Gateway:Frames:MaxContentBytes\"");
        await _logs.SawAsync("SettingsFilesNotInForce", "settings.json");
    }

    [Fact]
    public async Task Settings_that_need_a_restart_are_named_and_not_reported_as_in_force()
    {
        Write("""{"Serilog":{"MinimumLevel":{"Override":{"Known":"Warning","Removed":"Warning"}}}}""");
        await using var host = await StartAsync();
        Write("""
            {
              "urls": "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:2", "Kestrel": {"Limits": {"MaxConcurrentConnections": 7}},
              "Gateway": {"Tcp": {"Backlog": 7}, "Tls": {"MaxHandshakes": 7}},
              "Serilog": {"MinimumLevel": {"Override": {"Known": "Error", "New": "Warning"}}}
            }
            """);
        ((IConfigurationRoot)host.App.Configuration).Reload();
        await _logs.SawAsync("\"@m\":\"The configuration has changed and is in force: Serilog:MinimumLevel:Override:Known\"");
        await _logs.SawAsync("\"@m\":\"Changed settings that are in force only after a restart: Gateway:Tcp:Backlog, Gateway:Tls:MaxHandshakes, " +
            "Kestrel:Limits:MaxConcurrentConnections, OTEL_EXPORTER_OTLP_ENDPOINT, Serilog:MinimumLevel:Override:New, Serilog:MinimumLevel:Override:Removed\"");
    }

    [Fact]
    public async Task A_reload_without_a_change_says_so()
    {
        await using var host = await StartAsync();
        ((IConfigurationRoot)host.App.Configuration).Reload();
        await _logs.SawAsync("\"@m\":\"The configuration was read again; no setting and no secret has changed\"");
    }

    [Fact]
    public async Task A_changed_secret_file_is_named_and_an_old_copy_of_it_is_no_change()
    {
        var secret = Path.Combine(_folder, "token");
        await File.WriteAllTextAsync(secret, "a secret of a second key", TestContext.Current.CancellationToken);
        await using var host = await StartAsync("--Gateway:Tokens:Keys:1:Id=k2", $"--Gateway:Tokens:Keys:1:SecretFile={secret}");
        // As systemd's copy of a credential, which stays the same when its source changes.
        ((IConfigurationRoot)host.App.Configuration).Reload();
        await _logs.SawAsync("no setting and no secret has changed");
        await File.WriteAllTextAsync(secret, "another secret of a key", TestContext.Current.CancellationToken);
        ((IConfigurationRoot)host.App.Configuration).Reload();
        await _logs.SawAsync("\"@m\":\"The configuration has changed and is in force: Gateway:Tokens:Keys:1:SecretFile (content)\"");
    }

    [Fact]
    public async Task A_warning_that_a_reload_makes_true_is_logged()
    {
        await using var host = await StartAsync();
        Set(host, "Gateway:Tokens:Scheme", "none");
        await _logs.SawAsync("ConfigurationWarning", "Gateway:Tokens:Scheme is none");
    }

    private static void Set(ServiceHost host, string key, string value)
    {
        host.App.Configuration[key] = value;
        ((IConfigurationRoot)host.App.Configuration).Reload();
    }

    /// <summary>With the file <c>settings.json</c> below the command line.</summary>
    private Task<ServiceHost> StartAsync(params string[] settings) => ServiceHost.StartAsync([.. Verbose, .. settings], _logs, builder =>
        ((IConfigurationBuilder)builder.Configuration).Sources.Insert(0, new SettingsFile(Path.Combine(_folder, "settings.json"))));

    private void Write(string content) => File.WriteAllText(Path.Combine(_folder, "settings.json"), content);
}
