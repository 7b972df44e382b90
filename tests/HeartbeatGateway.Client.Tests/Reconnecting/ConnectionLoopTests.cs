using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Client.Tests.Support;
using HeartbeatGateway.Client.Transport;

namespace HeartbeatGateway.Client.Tests.Reconnecting;

public sealed class ConnectionLoopTests
{
    private static readonly IPEndPoint A = new(IPAddress.Parse("192.0.2.1"), 1);
    private static readonly IPEndPoint B = new(IPAddress.Parse("192.0.2.2"), 1);

    [Fact]
    public async Task First_attempt_waits_for_the_initial_jitter()
    {
        await using var harness = new ClientHarness(ClientHarness.Options with { InitialJitter = TimeSpan.FromSeconds(10) });
        harness.Random.Value = 0.25;
        harness.Client.Start();
        var state = await harness.States.UntilAsync(GatewayClientStatus.Waiting);
        Assert.Equal((TimeSpan.FromSeconds(2.5), null), (state.RetryAfter!.Value, state.LastDisconnect));
        harness.Pass(2.499);
        Assert.Empty(harness.Network.Tried);
        harness.Pass(0.001);
        await harness.Network.AcceptAsync();
    }

    [Fact]
    public async Task Backs_off_after_refused_connects_with_one_attempt_in_flight()
    {
        await using var harness = new ClientHarness();
        harness.Network.Connecting = (address, _) => throw Refused(address);
        harness.Client.Start();
        foreach (var seconds in new[] { 1, 2, 4, 8, 16, 32, 60, 60 })
        {
            var state = await harness.States.UntilAsync(GatewayClientStatus.Waiting);
            Assert.Equal(TimeSpan.FromSeconds(seconds), state.RetryAfter);
            Assert.Equal(DisconnectKind.ConnectFailed, state.LastDisconnect!.Kind);
            var tried = harness.Network.Tried.Count;
            harness.Pass(seconds - 0.001);
            Assert.Equal(tried, harness.Network.Tried.Count);
            harness.Pass(0.001);
        }

        await harness.States.UntilAsync(GatewayClientStatus.Waiting);
        Assert.Equal(9, harness.Client.State.Attempt);
        Assert.Equal(9, harness.Meters["connection.attempts|outcome=connect_failed"]);
        // The first failure is logged as a warning, the others at Debug.
        Assert.Single(harness.Logs.GetSnapshot(), l => l.Level >= Microsoft.Extensions.Logging.LogLevel.Information);
    }

    [Fact]
    public async Task Backoff_resets_after_a_stable_connection_but_not_at_the_first_answer()
    {
        await using var harness = new ClientHarness();
        harness.Client.Start();
        foreach (var seconds in new[] { 1, 2, 4 })
        {
            var server = await harness.Network.AcceptAsync();
            await server.WelcomeAsync();
            await harness.States.UntilAsync(GatewayClientStatus.Connected);
            server.End();
            var state = await harness.States.UntilAsync(GatewayClientStatus.Waiting);
            Assert.Equal(TimeSpan.FromSeconds(seconds), state.RetryAfter);
            harness.Pass(seconds);
        }

        var stable = await harness.Network.AcceptAsync();
        await stable.WelcomeAsync();
        await harness.States.UntilAsync(GatewayClientStatus.Connected);
        await harness.RoundTripsAsync(4);
        for (var i = 0; i < 6; i++)
        {
            var answers = harness.RoundTrips.Count;
            harness.Pass(5);
            await stable.ReadAsync("ping");
            await stable.SendPingAsync();
            await harness.RoundTripsAsync(answers + 1);
        }

        stable.End();
        Assert.Equal(TimeSpan.FromSeconds(1), (await harness.States.UntilAsync(GatewayClientStatus.Waiting)).RetryAfter);
    }

    [Fact]
    public async Task Tries_all_addresses_of_all_endpoints_until_one_answers()
    {
        var options = ClientHarness.Options with { Endpoints = [A, new DnsEndPoint("gateway", 2)] };
        await using var harness = new ClientHarness(options);
        harness.Network.Resolving = (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("192.0.2.7"), IPAddress.IPv6Loopback]);
        harness.Network.Connecting = (address, _) => address.EndPoint.Port == 1 ? throw Refused(address) : Task.CompletedTask;
        harness.Client.Start();
        // The second address accepts and ends the stream; the third one answers.
        (await harness.Network.AcceptAsync()).End();
        var server = await harness.Network.AcceptAsync();
        var hello = await server.WelcomeAsync();
        await harness.States.UntilAsync(GatewayClientStatus.Connected);
        Assert.Equal(
            [("192.0.2.1:1", "192.0.2.1"), ("192.0.2.7:2", "gateway"), ("[::1]:2", "gateway")],
            harness.Network.Tried.Select(a => (a.EndPoint.ToString(), a.Host)));
        Assert.Equal(3, hello.Attempt);
        Assert.DoesNotContain(harness.States.Seen, s => s.Status == GatewayClientStatus.Waiting);
    }

    [Fact]
    public async Task Shuffles_the_addresses()
    {
        var firsts = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < 100; i++)
        {
            var network = new ScriptedTransports(ClientHarness.Tokens, TimeProvider.System) { Connecting = (address, _) => throw Refused(address) };
            var time = new TestClock();
            await using var client = new GatewayClient(ClientHarness.Options with { Endpoints = [A, B] }, null, time, null, network, new Random(i));
            client.Start();
            await Wait.UntilAsync(() => network.Tried.Count == 2, "both addresses were tried");
            firsts.Add(network.Tried.First().EndPoint.ToString());
        }

        Assert.Equal(2, firsts.Count);
    }

    [Fact]
    public async Task Resolves_names_for_each_attempt_and_retries_after_a_resolution_failure()
    {
        var asked = 0;
        await using var harness = new ClientHarness(ClientHarness.Options with { Endpoints = [new DnsEndPoint("gateway", 2)] });
        harness.Network.Resolving = (_, _) =>
            ++asked < 3 ? throw new SocketException((int)SocketError.HostNotFound) : Task.FromResult<IPAddress[]>([IPAddress.Loopback]);
        harness.Client.Start();
        for (var i = 1; i <= 2; i++)
        {
            var state = await harness.States.UntilAsync(GatewayClientStatus.Waiting);
            Assert.Equal(DisconnectKind.ConnectFailed, state.LastDisconnect!.Kind);
            Assert.Contains("'gateway' could not be resolved", state.LastDisconnect.Message, StringComparison.Ordinal);
            harness.Pass(state.RetryAfter!.Value);
        }

        await (await harness.Network.AcceptAsync()).WelcomeAsync();
        await harness.States.UntilAsync(GatewayClientStatus.Connected);
        Assert.Equal(3, asked);
    }

    [Fact]
    public async Task Abandons_a_hanging_resolver_at_the_timeout_and_tries_the_other_endpoints()
    {
        await using var harness = new ClientHarness(ClientHarness.Options with { Endpoints = [new DnsEndPoint("hangs", 2), A] });
        var asked = new TaskCompletionSource();
        harness.Network.Resolving = async (_, cancellationToken) =>
        {
            asked.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            return [];
        };
        harness.Client.Start();
        await asked.Task.WaitAsync(Wait.Limit);
        harness.Pass(10);
        var server = await harness.Network.AcceptAsync();
        Assert.Equal(A, server.Client.RemoteEndPoint);
    }

    [Fact]
    public async Task Tries_only_addresses_of_the_local_address_family()
    {
        var options = ClientHarness.Options with { Endpoints = [new DnsEndPoint("gateway", 2)], LocalAddress = IPAddress.Loopback };
        await using var harness = new ClientHarness(options);
        harness.Network.Resolving = (_, _) => Task.FromResult<IPAddress[]>([IPAddress.IPv6Loopback]);
        harness.Client.Start();
        var state = await harness.States.UntilAsync(GatewayClientStatus.Waiting);
        Assert.Contains("LocalAddress, 127.0.0.1", state.LastDisconnect!.Message, StringComparison.Ordinal);
        Assert.Empty(harness.Network.Tried);
    }

    [Fact]
    public async Task Logs_a_fault_in_the_library_and_retries()
    {
        await using var harness = new ClientHarness();
        harness.Network.Connecting = (_, _) => throw new InvalidOperationException("test exception");
        harness.Client.Start();
        var state = await harness.States.UntilAsync(GatewayClientStatus.Waiting);
        Assert.Equal(DisconnectKind.InternalError, state.LastDisconnect!.Kind);
        Assert.Single(harness.Logs.GetSnapshot(), l => l.Id.Name == "InternalFault");
        harness.Network.Connecting = null;
        harness.Pass(1);
        await (await harness.Network.AcceptAsync()).WelcomeAsync();
        await harness.States.UntilAsync(GatewayClientStatus.Connected);
        harness.Logs.Clear();
    }

    [Fact]
    public async Task An_outage_logs_one_line_when_it_begins_and_one_when_it_ends()
    {
        await using var harness = new ClientHarness();
        var server = await harness.ConnectAsync();
        harness.Network.Connecting = (address, _) => throw Refused(address);
        server.Reset();
        for (var i = 0; i < 5; i++)
        {
            var state = await harness.States.UntilAsync(GatewayClientStatus.Waiting);
            harness.Pass(state.RetryAfter!.Value - TimeSpan.FromMilliseconds(i == 4 ? 1 : 0));
        }

        harness.Network.Connecting = null;
        harness.Pass(0.001);
        await (await harness.Network.AcceptAsync()).WelcomeAsync();
        await harness.States.UntilAsync(GatewayClientStatus.Connected);
        await Wait.UntilAsync(() => Lines().Count == 3, "three log lines were written");
        Assert.Equal(["Connected", "ConnectionLost", "Reconnected"], Lines());
        Assert.Equal(1, harness.Meters["reconnects"]);
        Assert.Equal(1, harness.Meters["disconnects|kind=reset"]);
        Assert.Equal(2, harness.Meters["connection.attempts|outcome=connected"]);

        List<string?> Lines() =>
            [.. harness.Logs.GetSnapshot().Where(l => l.Level >= Microsoft.Extensions.Logging.LogLevel.Information).Select(l => l.Id.Name)];
    }

    private static TransportException Refused(GatewayAddress address) =>
        new(DisconnectKind.ConnectFailed, $"Connecting to {address.EndPoint} failed: Connection refused");
}
