using System.Runtime.CompilerServices;
using HeartbeatGateway.Client.Telemetry;
using HeartbeatGateway.Client.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace HeartbeatGateway.Client.Tests.Readme;

public sealed class ReadmeTests
{
    private static readonly string Text = File.ReadAllText(Path.Combine(Folder(), "../../../src/HeartbeatGateway.Client/README.md"));

    [Fact]
    public void Every_code_block_matches_the_examples()
    {
        var examples = File.ReadLines(Path.Combine(Folder(), "Examples.cs")).Select(l => l.Trim()).ToList();
        var blocks = Text.Split("```csharp")[1..]
            .Select(b => b.Split("```")[0].Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .SkipWhile(l => l.StartsWith("using ", StringComparison.Ordinal)).ToArray()).ToList();
        Assert.Equal(3, blocks.Count);
        foreach (var block in blocks)
        {
            // Two examples begin alike.
            var starts = Enumerable.Range(0, examples.Count).Where(i => examples[i] == block[0]);
            Assert.Contains(starts, start => examples.Skip(start).Take(block.Length).SequenceEqual(block));
        }
    }

    [Fact]
    public void Names_every_instrument_and_every_kind_of_end()
    {
        using var meters = new TestMeters();
        var named = new List<string>();
        using var listener = new System.Diagnostics.Metrics.MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, meters)) named.Add(instrument.Name);
            },
        };
        listener.Start();
        _ = ClientMetrics.For(meters);
        Assert.Equal(13, named.Count);
        Assert.All(named, name => Assert.Contains($"| `{name}` |", Text, StringComparison.Ordinal));
        var kinds = Enum.GetValues<DisconnectKind>().Select(DisconnectKindLabels.ToLabel).ToList();
        Assert.Equal(kinds.Count, kinds.Distinct().Count());
        Assert.All(kinds, kind => Assert.Contains($"`{kind}`", Text, StringComparison.Ordinal));
        Assert.Throws<ArgumentOutOfRangeException>(() => ((DisconnectKind)99).ToLabel());
    }

    [Fact]
    public async Task First_example_runs()
    {
        using var gateway = new SocketGateway();
        using var stop = new CancellationTokenSource();
        var running = Examples.RunAsync(gateway.EndPoint.ToString(), ClientHarness.Secret, stop.Token);
        var (server, socket) = await gateway.AcceptAsync();
        await server.WelcomeAsync();
        Assert.Equal("ready", (await server.ReadAsync("message")).Text);
        await stop.CancelAsync();
        Assert.Empty(await server.ReadToEndAsync());
        socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(Wait.Limit));
    }

    [Fact]
    public async Task The_example_with_acknowledgements_runs()
    {
        using var gateway = new SocketGateway();
        var running = Examples.RunAcknowledgedAsync(gateway.EndPoint.ToString(), ClientHarness.Secret, default);
        var (server, socket) = await gateway.AcceptAsync();
        await server.GrantAsync();
        Assert.Equal("pressure", (await server.ReadAsync("alarm")).Text);
        await server.SendAckAsync(1);
        Assert.Empty(await server.ReadToEndAsync());
        socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        await running.WaitAsync(Wait.Limit);
    }

    [Fact]
    public async Task Second_example_starts_and_shuts_down_with_its_host()
    {
        using var gateway = new SocketGateway();
        var services = new ServiceCollection();
        services.AddLogging();
        Examples.Register(services, gateway.EndPoint.ToString(), ClientHarness.Secret);
        await using var provider = services.BuildServiceProvider();
        var hosted = Assert.Single(provider.GetServices<IHostedService>());
        var client = provider.GetRequiredService<GatewayClient>();
        Assert.Equal(GatewayClientStatus.Idle, client.State.Status);
        await hosted.StartAsync(default);
        var (server, socket) = await gateway.AcceptAsync();
        await server.WelcomeAsync();
        await client.ConnectAsync().WaitAsync(Wait.Limit);
        var stopping = hosted.StopAsync(default);
        Assert.Empty(await server.ReadToEndAsync());
        socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        await stopping.WaitAsync(Wait.Limit);
        Assert.Equal(GatewayClientStatus.Stopped, client.State.Status);
    }

    private static string Folder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
