using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Client.Tests.Support;
using HeartbeatGateway.Protocol;
using Microsoft.Extensions.Time.Testing;

namespace HeartbeatGateway.Client.Tests.Transport;

/// <summary>What only real sockets do.</summary>
public sealed class SocketTests
{
    [Fact]
    public async Task A_refused_connect_is_tried_again_until_somebody_listens()
    {
        var port = SocketGateway.FreePort();
        await using var client = new GatewayClient(ClientHarness.Options with
        {
            Endpoints = [new IPEndPoint(IPAddress.Loopback, port)],
            BackoffBase = TimeSpan.FromMilliseconds(20),
            BackoffMax = TimeSpan.FromMilliseconds(100),
            CloseTimeout = TimeSpan.Zero,
        });
        var states = new StateLog(client);
        client.Start();
        var end = (await states.UntilAsync(GatewayClientStatus.Waiting)).LastDisconnect!;
        Assert.Equal(DisconnectKind.ConnectFailed, end.Kind);
        Assert.Contains("refused", end.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(SocketError.ConnectionRefused, Assert.IsType<SocketException>(end.Exception).SocketErrorCode);

        using var gateway = new SocketGateway(port: port);
        await (await gateway.AcceptAsync()).Server.WelcomeAsync();
        var state = await states.UntilAsync(GatewayClientStatus.Connected);
        Assert.Equal(gateway.EndPoint, state.Endpoint);
    }

    [Fact]
    public async Task A_reset_is_told_from_an_end_of_stream()
    {
        using var gateway = new SocketGateway();
        await using var client = new GatewayClient(gateway.Options with { CloseTimeout = TimeSpan.Zero });
        var states = new StateLog(client);
        client.Start();
        var (server, socket) = await gateway.AcceptAsync();
        await server.WelcomeAsync();
        await states.UntilAsync(GatewayClientStatus.Connected);
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
        Assert.Equal(DisconnectKind.Reset, (await states.UntilAsync(GatewayClientStatus.Waiting)).LastDisconnect!.Kind);

        (server, socket) = await gateway.AcceptAsync();
        await server.WelcomeAsync();
        await states.UntilAsync(GatewayClientStatus.Connected);
        // Half a close: the client closes its half, too.
        socket.Shutdown(SocketShutdown.Send);
        Assert.Equal(DisconnectKind.EndOfStream, (await states.UntilAsync(GatewayClientStatus.Waiting)).LastDisconnect!.Kind);
        Assert.Empty(await server.ReadToEndAsync());
    }

    [Fact]
    public async Task A_close_frame_is_heard_before_the_end_of_stream_behind_it()
    {
        using var gateway = new SocketGateway();
        await using var client = new GatewayClient(gateway.Options);
        var states = new StateLog(client);
        client.Start();
        var (server, socket) = await gateway.AcceptAsync();
        await server.WelcomeAsync();
        await server.SendCloseAsync(CloseReason.Shutdown);
        socket.Shutdown(SocketShutdown.Send);
        Assert.Equal(CloseReason.Shutdown, (await states.UntilAsync(GatewayClientStatus.Waiting)).LastDisconnect!.Reason);
    }

    [Fact]
    public async Task Goodbye_is_everything_that_was_queued_then_end_of_stream_and_no_reset()
    {
        using var gateway = new SocketGateway();
        await using var client = new GatewayClient(gateway.Options with { CloseTimeout = TimeSpan.FromSeconds(20) });
        var connecting = client.ConnectAsync();
        var (server, socket) = await gateway.AcceptAsync();
        await server.WelcomeAsync();
        await connecting.WaitAsync(Wait.Limit);
        for (var i = 0; i < 500; i++) await client.SendAsync("message", new byte[1000]);
        var disposing = client.DisposeAsync().AsTask();
        Assert.Equal(500, (await server.ReadToEndAsync()).Count);
        Assert.False(disposing.IsCompleted);
        socket.Shutdown(SocketShutdown.Send);
        await disposing.WaitAsync(Wait.Limit);
        Assert.Equal("The client was disposed and has said goodbye.", client.State.LastDisconnect!.Message);
    }

    [Fact]
    public async Task The_source_address_can_be_chosen()
    {
        using var gateway = new SocketGateway();
        await using var client = new GatewayClient(gateway.Options with { LocalAddress = IPAddress.Parse("127.0.0.7"), CloseTimeout = TimeSpan.Zero });
        client.Start();
        var socket = await gateway.AcceptSocketAsync();
        Assert.Equal(IPAddress.Parse("127.0.0.7"), ((IPEndPoint)socket.RemoteEndPoint!).Address);
    }

    [Fact]
    public async Task A_name_is_resolved_and_connected_to()
    {
        using var gateway = new SocketGateway();
        await using var client = new GatewayClient(gateway.Options with { Endpoints = [new DnsEndPoint("localhost", gateway.EndPoint.Port)], CloseTimeout = TimeSpan.Zero });
        var connecting = client.ConnectAsync();
        await (await gateway.AcceptAsync()).Server.WelcomeAsync();
        await connecting.WaitAsync(Wait.Limit);
    }

    /// <summary>The reader is held up while the gateway's bytes lie in the kernel: that is no silence of the gateway's.</summary>
    [Fact]
    public async Task Bytes_that_wait_in_the_kernel_are_life()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        using var gateway = new SocketGateway(time);
        using var meters = new TestMeters();
        using var held = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        using var listener = new MeterListener { InstrumentPublished = (i, l) => l.EnableMeasurementEvents(i) };
        listener.SetMeasurementEventCallback<long>((instrument, _, _, _) =>
        {
            if (!ReferenceEquals(instrument.Meter.Scope, meters) || !instrument.Name.EndsWith("messages.received", StringComparison.Ordinal)) return;
            held.Set();
            release.Wait(Wait.Limit);
        });
        await using var client = new GatewayClient(gateway.Options with { CloseTimeout = TimeSpan.Zero }, null, time, meters);
        listener.Start();
        var connecting = client.ConnectAsync();
        var (server, _) = await gateway.AcceptAsync();
        await server.WelcomeAsync();
        await connecting.WaitAsync(Wait.Limit);
        await server.SendAsync("message", "hold");
        Assert.True(held.Wait(Wait.Limit));
        await server.SendPingAsync();
        for (var i = 0; i < 60; i++) time.Advance(TimeSpan.FromMilliseconds(500));
        release.Set();
        await client.SendAsync("message", default);
        ClientFrame frame;
        // On the same connection, behind the pings of those 30 s.
        do frame = await server.ReadAsync();
        while (frame.Type != "message");
        Assert.Equal(1, client.State.Attempt);
    }

    [Fact]
    public async Task The_descriptors_of_500_lost_connections_are_given_back()
    {
        using var gateway = new SocketGateway();
        await using var client = new GatewayClient(gateway.Options with { BackoffBase = TimeSpan.FromMilliseconds(1), BackoffMax = TimeSpan.FromMilliseconds(1), CloseTimeout = TimeSpan.Zero });
        client.Start();
        for (var i = 0; i < 20; i++) (await gateway.AcceptSocketAsync()).Dispose();
        var before = OpenDescriptors();
        for (var i = 0; i < 500; i++) (await gateway.AcceptSocketAsync()).Dispose();
        // Other tests run beside this one and open a few.
        await Wait.UntilAsync(() => OpenDescriptors() < before + 100, "the descriptors were given back");

        static int OpenDescriptors() => Directory.EnumerateFileSystemEntries("/proc/self/fd").Count();
    }
}
