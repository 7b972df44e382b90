using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Client.Tests.Support;
using HeartbeatGateway.Client.Transport;
using HeartbeatGateway.Protocol;

namespace HeartbeatGateway.Client.Tests.Transport;

/// <summary>Behaviour that needs real sockets.</summary>
public sealed class SocketTests
{
    [Fact]
    public async Task Retries_a_refused_connect_until_a_gateway_listens()
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
    public async Task Distinguishes_a_reset_from_an_end_of_stream()
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
        // After a half-close by the gateway, the client closes its half too.
        socket.Shutdown(SocketShutdown.Send);
        Assert.Equal(DisconnectKind.EndOfStream, (await states.UntilAsync(GatewayClientStatus.Waiting)).LastDisconnect!.Kind);
        Assert.Empty(await server.ReadToEndAsync());
    }

    [Fact]
    public async Task Reads_a_close_frame_before_the_end_of_stream_that_follows_it()
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
    public async Task Graceful_shutdown_sends_all_queued_frames_and_then_the_end_of_stream_without_a_reset()
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
        Assert.Equal("The client was disposed and has shut down gracefully.", client.State.LastDisconnect!.Message);
    }

    [Fact]
    public async Task Connects_from_the_local_address()
    {
        using var gateway = new SocketGateway();
        await using var client = new GatewayClient(gateway.Options with { LocalAddress = IPAddress.Parse("127.0.0.7"), CloseTimeout = TimeSpan.Zero });
        client.Start();
        var socket = await gateway.AcceptSocketAsync();
        Assert.Equal(IPAddress.Parse("127.0.0.7"), ((IPEndPoint)socket.RemoteEndPoint!).Address);
    }

    [Fact]
    public async Task Takes_a_port_of_the_local_address_when_it_connects_and_not_before()
    {
        using var gateway = new SocketGateway();
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        LocalBinding.Bind(socket, IPAddress.Parse("127.0.0.7"));
        Assert.Equal(new IPEndPoint(IPAddress.Parse("127.0.0.7"), 0), socket.LocalEndPoint);
        await socket.ConnectAsync(gateway.EndPoint);
        Assert.Equal(IPAddress.Parse("127.0.0.7"), ((IPEndPoint)(await gateway.AcceptSocketAsync()).RemoteEndPoint!).Address);
    }

    [Fact]
    public async Task Resolves_a_name_and_connects()
    {
        using var gateway = new SocketGateway();
        var endpoint = new DnsEndPoint("localhost", gateway.EndPoint.Port);
        await using var client = new GatewayClient(gateway.Options with { Endpoints = [endpoint], CloseTimeout = TimeSpan.Zero });
        var connecting = client.ConnectAsync();
        await (await gateway.AcceptAsync()).Server.WelcomeAsync();
        await connecting.WaitAsync(Wait.Limit);
    }

    /// <summary>The read loop is blocked while bytes of the gateway wait in the kernel: that is not silence of the gateway.</summary>
    [Fact]
    public async Task Unread_bytes_in_the_kernel_keep_the_connection_open()
    {
        var time = new TestClock(TimeProvider.System.GetUtcNow());
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
        // The message arrives on the same connection, after the pings of those 30 s.
        do frame = await server.ReadAsync();
        while (frame.Type != "message");
        Assert.Equal(1, client.State.Attempt);
    }

    [Fact]
    public async Task Closes_the_file_descriptors_of_500_lost_connections()
    {
        using var gateway = new SocketGateway();
        await using var client = new GatewayClient(gateway.Options with
        {
            BackoffBase = TimeSpan.FromMilliseconds(1),
            BackoffMax = TimeSpan.FromMilliseconds(1),
            CloseTimeout = TimeSpan.Zero,
        });
        client.Start();
        for (var i = 0; i < 20; i++) (await gateway.AcceptSocketAsync()).Dispose();
        var before = OpenDescriptors();
        for (var i = 0; i < 500; i++) (await gateway.AcceptSocketAsync()).Dispose();
        // Other tests run in parallel and open some descriptors.
        await Wait.UntilAsync(() => OpenDescriptors() < before + 100, "the file descriptors were closed");

        static int OpenDescriptors() => Directory.EnumerateFileSystemEntries("/proc/self/fd").Count();
    }
}
