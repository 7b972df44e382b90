using HeartbeatGateway.Client.Tests.Support;
using HeartbeatGateway.Protocol;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace HeartbeatGateway.Client.Tests;

public sealed class GatewayClientServicesTests
{
    [Fact]
    public void A_second_client_needs_a_name_of_its_own_and_every_client_is_hosted()
    {
        var services = new ServiceCollection().AddLogging().AddGatewayClient(_ => ClientHarness.Options);
        Assert.Throws<InvalidOperationException>(() => services.AddGatewayClient(_ => ClientHarness.Options));
        services.AddGatewayClient("b", _ => ClientHarness.Options).AddGatewayClient("c", _ => ClientHarness.Options);
        Assert.Contains("'b'", Assert.Throws<InvalidOperationException>(() => services.AddGatewayClient("b", _ => ClientHarness.Options)).Message, StringComparison.Ordinal);
        var provider = services.BuildServiceProvider();
        Assert.Equal(3, provider.GetServices<IHostedService>().Count());
        Assert.NotSame(provider.GetRequiredKeyedService<GatewayClient>("b"), provider.GetRequiredKeyedService<GatewayClient>("c"));
    }

    [Fact]
    public async Task Stops_the_host_on_a_terminal_end_and_the_health_check_reports_it()
    {
        await using var harness = new ClientHarness(ClientHarness.Options with { StopHostWhenClosed = true });
        var lifetime = new Lifetime();
        var hosted = new GatewayClientHostedService(harness.Client, lifetime);
        await hosted.StartAsync(default);
        var server = await harness.ConnectAsync();
        Assert.Equal(HealthStatus.Healthy, await CheckAsync(harness.Client));
        await server.SendCloseAsync(CloseReason.Replaced, retry: false);
        await lifetime.Stopped.Task.WaitAsync(Wait.Limit);
        Assert.Equal(HealthStatus.Unhealthy, await CheckAsync(harness.Client));
        Assert.Contains(harness.Logs.GetSnapshot(), l => l.Id.Name == "StoppingHost");
    }

    [Fact]
    public void Options_bind_from_configuration_and_a_replaced_secret_file_is_read_again()
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, "a secret of sixteen bytes\n");
        var options = GatewayClientOptions.FromConfiguration(Section(("Tokens:Keys:0:SecretFile", file), ("ServerTimeout", "00:00:20")));
        Assert.Equal(TimeSpan.FromSeconds(20), options.ServerTimeout);
        Assert.Equal(ReceiveQueueFull.DropNewest, options.ReceiveQueueFullMode);
        Assert.Equal(25, options.Tokens.Secrets[0].Length);
        Assert.Same(options.Tokens, options.TokenSource!());
        File.WriteAllText(file, "another secret of many bytes");
        Assert.Equal(28, options.TokenSource!().Secrets[0].Length);
        File.Delete(file);
    }

    [Fact]
    public void The_options_of_acknowledgements_are_read_from_configuration()
    {
        var options = GatewayClientOptions.FromConfiguration(Section(
            ("ClientId", "pump-17"), ("Tokens:Keys:0:Secret", ClientHarness.Secret), ("Acknowledgements", "true"), ("MaxUnacknowledged", "7"), ("MaxUnacknowledgedBytes", "7000")));
        Assert.Equal((true, 7, 7000), (options.Acknowledgements, options.MaxUnacknowledged, options.MaxUnacknowledgedBytes));
        var exception = Assert.Throws<GatewayClientOptionsException>(
            () => GatewayClientOptions.FromConfiguration(Section(("Tokens:Keys:0:Secret", ClientHarness.Secret), ("Acknowledgements", "true"))));
        Assert.Equal("Acknowledgements needs a ClientId: the gateway keeps the numbers of messages for each client id", exception.Message);
    }

    [Theory]
    [InlineData(new byte[] { 0xEF, 0xBB, 0xBF, (byte)'a' }, null)]
    [InlineData(new byte[] { (byte)'a', (byte)'\r', (byte)'\n' }, null)]
    [InlineData(new byte[] { 0xFF, 0xC3, 0x28 }, "is not UTF-8")]
    [InlineData(new byte[] { 0xFF, 0xFE, (byte)'a', 0 }, "is UTF-16")]
    [InlineData(new byte[] { (byte)'a', 0 }, "contains a NUL byte")]
    public void A_secret_file_is_read_as_the_gateway_reads_it(byte[] content, string? fault)
    {
        var file = Path.GetTempFileName();
        File.WriteAllBytes(file, content);
        (string, string)[] settings = [("Tokens:Keys:0:SecretFile", file), ("Tokens:Scheme", "digest")];
        if (fault is null) Assert.Equal(1, GatewayClientOptions.FromConfiguration(Section(settings)).Tokens.Secrets[0].Length);
        else Assert.Contains(fault, Assert.Throws<GatewayClientOptionsException>(() => GatewayClientOptions.FromConfiguration(Section(settings))).Message, StringComparison.Ordinal);
        File.Delete(file);
    }

    [Theory]
    [InlineData("Hartbeat", "00:00:05", "Hartbeat")]
    [InlineData("Heartbeat", "soon", "Heartbeat")]
    [InlineData("Tokens:Keys:0:SecretFile", "/does/not/exist", "/does/not/exist")]
    [InlineData("Tls:CertificateFile", "/does/not/exist", "Tls.CertificateFile")]
    public void A_wrong_key_or_value_is_named(string key, string value, string named) => Assert.Contains(
        named,
        Assert.Throws<GatewayClientOptionsException>(() => GatewayClientOptions.FromConfiguration(
            key.Contains("Keys", StringComparison.Ordinal) ? Section((key, value)) : Section((key, value), ("Tokens:Keys:0:Secret", ClientHarness.Secret)))).Message,
        StringComparison.Ordinal);

    private static IConfiguration Section(params (string Key, string Value)[] values) => new ConfigurationBuilder()
        .AddInMemoryCollection(values.Append(("Endpoints:0", "localhost:8081")).Append(("ReceiveQueueFullMode", "DropNewest"))
            .Select(v => new KeyValuePair<string, string?>(v.Item1, v.Item2)))
        .Build();

    private static async Task<HealthStatus> CheckAsync(GatewayClient client)
    {
        var check = new GatewayClientHealthCheck(client);
        var registration = new HealthCheckRegistration("client", check, failureStatus: null, tags: null);
        return (await check.CheckHealthAsync(new HealthCheckContext { Registration = registration })).Status;
    }

    private sealed class Lifetime : IHostApplicationLifetime
    {
        public TaskCompletionSource Stopped { get; } = new();

        public CancellationToken ApplicationStarted => default;

        public CancellationToken ApplicationStopping => default;

        public CancellationToken ApplicationStopped => default;

        public void StopApplication() => Stopped.TrySetResult();
    }
}
