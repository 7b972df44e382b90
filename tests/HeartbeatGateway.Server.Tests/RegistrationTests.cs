using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace HeartbeatGateway.Server.Tests;

/// <summary>The gateway in the services of a program that embeds it.</summary>
public sealed class RegistrationTests
{
    [Fact]
    public void A_sink_may_depend_on_the_gateway_that_it_serves()
    {
        using var provider = Services().AddMessageSink<SinkOfGateway>().BuildServiceProvider();
        var gateway = provider.GetRequiredService<IHeartbeatGateway>();
        Assert.Same(gateway, provider.GetRequiredService<GatewayEngine>());
        Assert.Same(gateway, Assert.IsType<SinkOfGateway>(provider.GetRequiredService<IMessageSink>()).Gateway);
    }

    [Fact]
    public void A_second_sink_is_refused()
    {
        var services = Services().AddMessageSink<SinkOfGateway>();
        Assert.Contains("registered already", Assert.Throws<InvalidOperationException>(() => services.AddMessageSink<SinkOfGateway>()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sink_may_be_registered_before_the_gateway()
    {
        using var provider = new ServiceCollection().AddLogging().AddSingleton<System.Diagnostics.Metrics.IMeterFactory, TestMeterFactory>()
            .AddMessageSink<SinkOfGateway>().AddHeartbeatGateway(Configuration()).BuildServiceProvider();
        Assert.Equal("inprocess", Assert.Single(provider.GetRequiredService<GatewayEngine>().Sinks).Name);
    }

    [Fact]
    public void Without_a_sink_of_its_own_a_program_cannot_choose_it()
    {
        using var provider = Services(("Gateway:Messages:Sinks:0:Kind", "inprocess")).BuildServiceProvider();
        Assert.Contains("Gateway:Messages:Sinks:0:Kind is inprocess, but this program has registered no sink", Assert.Throws<GatewayOptionsException>(provider.GetRequiredService<GatewayEngine>).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sink_that_the_program_does_not_have_stops_the_start()
    {
        using var provider = Services(("Gateway:Messages:Sinks:0:Kind", "webhook")).BuildServiceProvider();
        var engine = provider.GetRequiredService<GatewayEngine>();
        Assert.Contains("Gateway:Messages:Sinks:0:Kind is webhook, but this program has no sink of that name", Assert.Throws<GatewayOptionsException>(engine.Start).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Gateway:Hartbeat:ReaderIdle", "00:00:07", "Gateway:Hartbeat is not a known setting; did you mean Gateway:Heartbeat?")]
    [InlineData("Gateway:Heartbeat:ReaderIdle", "7", "Gateway:Heartbeat:ReaderIdle")]
    [InlineData("Gateway:Tokens:Keys:0:Secret", "short", "Gateway:Tokens:Keys:0:Secret")]
    public void Wrong_options_are_refused_with_their_key(string key, string value, string named)
    {
        var refusal = Assert.Throws<GatewayOptionsException>(() => Services((key, value)));
        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_hosted_gateway_follows_changes_and_keeps_what_it_has_when_they_are_invalid()
    {
        var configuration = Configuration();
        await using var provider = Services(configuration).BuildServiceProvider();
        var engine = provider.GetRequiredService<GatewayEngine>();
        var hosted = (IHostedLifecycleService)Assert.Single(provider.GetServices<IHostedService>());
        await hosted.StartingAsync(TestContext.Current.CancellationToken);

        configuration["Gateway:Frames:MaxContentBytes"] = "10000";
        configuration.Reload();
        Assert.Equal(10_000, engine.Settings.MaxContentBytes);
        configuration["Gateway:Frames:MaxContentBytes"] = "-1";
        configuration.Reload();
        Assert.Equal(10_000, engine.Settings.MaxContentBytes);

        await hosted.StoppingAsync(TestContext.Current.CancellationToken);
        Assert.True(engine.IsStopping);
    }

    private static IServiceCollection Services(params (string Key, string Value)[] settings) => Services(Configuration(settings));

    private static IServiceCollection Services(IConfigurationRoot configuration) =>
        new ServiceCollection().AddLogging().AddSingleton<System.Diagnostics.Metrics.IMeterFactory, TestMeterFactory>().AddHeartbeatGateway(configuration);

    private static IConfigurationRoot Configuration(params (string Key, string Value)[] settings)
    {
        var values = new Dictionary<string, string?>(StringComparer.Ordinal) { ["Gateway:Tokens:Keys:0:Secret"] = TestSecrets.Secret };
        foreach (var (key, value) in settings) values[key] = value;
        return new ConfigurationBuilder().AddInMemoryCollection(values).Build();
    }

    private sealed class SinkOfGateway(IHeartbeatGateway gateway) : IMessageSink
    {
        public IHeartbeatGateway Gateway { get; } = gateway;

        public ValueTask AcceptAsync(GatewayMessage message, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }
}
