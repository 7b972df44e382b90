using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Deploy.Tests.Helm;

/// <summary>Tests that the gateway reads the settings file of the chart.</summary>
public sealed class MountedSettingsTests
{
    private static readonly (string, string?)[] NoSettingsFromEnvironment =
        [("Gateway__Tokens__Keys__0__Id", null), ("Gateway__Tokens__Keys__0__Secret", null), ("Gateway__Draining__Duration", null)];

    [Theory]
    [MemberData(nameof(ChartTests.Sets), MemberType = typeof(ChartTests))]
    public async Task The_gateway_accepts_the_settings_of_each_value_set(string set)
    {
        using var program = new MountedProgram();
        program.Mount((await HelmChart.RenderAsync(set)).Settings, ("k1", TestSecrets.Secret), ("old", TestSecrets.Secret), ("new", "another secret, for tests too"));
        WriteCertificates(program);
        await using var check = new ChildProcess("dotnet", [program.Dll, "--check-config"], GatewayProcess.Environment(0, 0, NoSettingsFromEnvironment));
        var code = await check.ExitCodeAsync();
        Assert.Equal("The configuration can be used.", check.Lines[^1]);
        Assert.Equal(0, code);
    }

    [Fact]
    public async Task A_change_of_only_the_secret_is_reloaded_without_a_restart()
    {
        // Longer than the reload takes, so that the idle timeout does not close the client first.
        var settings = (await HelmChart.RenderAsync("minimal", "--set", "gateway.Heartbeat.ReaderIdle=00:01:00")).Settings;
        using var program = new MountedProgram();
        program.Mount(settings, ("k1", TestSecrets.Secret));
        await using var gateway = await GatewayProcess.StartAsync(new GatewayLaunch { Command = ["dotnet", program.Dll] }, NoSettingsFromEnvironment);
        using var client = await SocketClient.ConnectAsync(gateway.TcpPort);
        await client.PingAsync();

        program.Mount(settings, ("k1", "another secret, for tests too"));
        await gateway.SawAsync("The configuration has changed and is in force");
        await client.SendAsync(SocketClient.PingNow);
        Assert.True(await client.EndsAsync(TimeSpan.FromSeconds(10)));
        await gateway.ReachesAsync("heartbeatgateway_connections_closed_total{reason=\"token_invalid\"}", 1);
    }

    [Fact]
    public void The_image_links_to_the_mount_path_of_the_chart()
    {
        var dockerfile = File.ReadAllText(Path.Combine(Repository.Root, "Dockerfile"));
        Assert.Contains("ln -s /etc/heartbeatgateway/appsettings.Production.json /app/appsettings.Production.json", dockerfile, StringComparison.Ordinal);
        // The link must have a target in the image; otherwise a start without a mount fails.
        Assert.Contains("COPY --from=build /settings /etc/heartbeatgateway", dockerfile, StringComparison.Ordinal);
    }

    private static void WriteCertificates(MountedProgram program)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest("CN=gateway.example", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddHours(-1), now.AddHours(1));
        var (certificatePem, keyPem) = (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
        Write(Path.Combine(program.Secrets, "tls/tls.crt"), certificatePem);
        Write(Path.Combine(program.Secrets, "tls/tls.key"), keyPem);
        Write(Path.Combine(program.Secrets, "client-authority/ca.crt"), certificatePem);
        foreach (var entry in new[] { "old", "new" }) Write(Path.Combine(program.Settings, "webhook", entry), "whsec_" + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
        Write(Path.Combine(program.Settings, "redis/configuration"), "127.0.0.1:1,user=gateway,password=a-password-of-the-cluster,ssl=true");
        Write(Path.Combine(program.Settings, "redis-roots/ca.crt"), certificatePem);
        Write(Path.Combine(program.Settings, "redis-client/tls.crt"), certificatePem);
        Write(Path.Combine(program.Settings, "redis-client/tls.key"), keyPem);
        Write(Path.Combine(program.Settings, "webhook-client/tls.crt"), certificatePem);
        Write(Path.Combine(program.Settings, "webhook-client/tls.key"), keyPem);
        Write(Path.Combine(program.Settings, "webhook-roots/ca.crt"), certificatePem);
    }

    private static void Write(string file, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
