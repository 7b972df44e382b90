using System.Net.Sockets;
using HeartbeatGateway.Epoll.Tests.Support;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace HeartbeatGateway.Epoll.Tests;

public sealed class EpollLoopTests : IDisposable
{
    private readonly FakeLogger _logger = new();
    private readonly Wire _wire;

    public EpollLoopTests() => _wire = new Wire(logger: _logger);

    public static TheoryData<string> Pauses => ["unread bytes", "end of the stream", "reset", "unread bytes and reset", "both sides shut down", "end, and told"];

    public void Dispose() => _wire.Dispose();

    [Theory]
    [MemberData(nameof(Pauses))]
    public async Task A_program_that_does_not_read_costs_no_waits(string pause)
    {
        var (server, peer) = _wire.Connect();
        await peer.SendAsync(new byte[1]);
        var result = await Task.Run(async () => await server.Input().ReadAsync());
        server.Input().AdvanceTo(result.Buffer.End);
        if (pause.Contains("told", StringComparison.Ordinal)) _ = server.ConnectionClosed;
        if (pause.Contains("bytes", StringComparison.Ordinal)) await peer.SendAsync(new byte[100]);
        if (pause.Contains("both", StringComparison.Ordinal)) server.ShutdownSend();
        if (pause.Contains("reset", StringComparison.Ordinal)) peer.Reset();
        else if (!pause.Contains("bytes", StringComparison.Ordinal)) peer.Shutdown(SocketShutdown.Send);

        // Another connection's pings are served meanwhile. Each needs one wait at most; what has changed at the paused connection, a few.
        const int Pings = 1000;
        var (other, client) = _wire.Connect();
        var echo = Task.Run(() => Peers.EchoAsync(other));
        await PingAsync(client, 10);
        var before = _wire.Loop.Waits;
        await PingAsync(client, Pings);
        Assert.InRange(_wire.Loop.Waits - before, 1, Pings + 20);
        client.Dispose();
        await echo.WaitAsync(Peers.Patience);
        await server.DisposeAsync();
        peer.Dispose();
    }

    [Fact]
    public async Task A_connection_tells_in_which_round_its_loop_serves_others_and_none_while_it_waits()
    {
        var (server, peer) = _wire.Connect();
        var (other, otherPeer) = _wire.Connect();
        await Peers.UntilAsync(() => other.ReadRound is null);
        var isHeld = true;
        server.Input().ReadAsync().GetAwaiter().UnsafeOnCompleted(() => SpinWait.SpinUntil(() => !Volatile.Read(ref isHeld), Peers.Patience));
        await peer.SendAsync(new byte[1]);
        await Peers.UntilAsync(() => other.ReadRound is not null);
        var round = other.ReadRound;
        await otherPeer.SendAsync(new byte[1]);
        await Peers.UntilAsync(() => other.HasUnreadInput(TimeSpan.Zero));
        Assert.Equal(round, other.ReadRound);
        Volatile.Write(ref isHeld, false);
        await Peers.UntilAsync(() => other.ReadRound is null);
        await server.DisposeAsync();
        await other.DisposeAsync();
        peer.Dispose();
        otherPeer.Dispose();
    }

    [Fact]
    public async Task An_exception_of_a_raw_continuation_ends_its_connection_alone()
    {
        var (bad, peer) = _wire.Connect();
        var (good, client) = _wire.Connect();
        var echo = Task.Run(() => Peers.EchoAsync(good));
        await PingAsync(client, 1);
        var awaiter = bad.Input().ReadAsync().GetAwaiter();
        awaiter.UnsafeOnCompleted(static () => throw new InvalidTimeZoneException("Of the test."));
        await peer.SendAsync(new byte[1]);
        await Peers.UntilAsync(() => bad.Guard.IsClosed);
        await PingAsync(client, 10);
        var line = await LineAsync();
        Assert.Equal((200, LogLevel.Error), (line.Id.Id, line.Level));
        Assert.IsType<InvalidTimeZoneException>(line.Exception);
        Assert.Throws<ConnectionAbortedException>(() => awaiter.GetResult());
        await bad.DisposeAsync();
        client.Dispose();
        await echo.WaitAsync(Peers.Patience);
        peer.Dispose();
        Assert.Equal(0, _wire.Loop.Connections.Count);
    }

    [Fact]
    public async Task An_exception_of_a_callback_on_the_end_is_logged()
    {
        var (server, peer) = _wire.Connect();
        server.ConnectionClosed.Register(static () => throw new InvalidTimeZoneException("Of the test."));
        peer.Dispose();
        Assert.IsType<AggregateException>((await LineAsync()).Exception);
        await server.DisposeAsync();
    }

    [Fact]
    public async Task The_end_of_the_transport_ends_what_waits()
    {
        var transport = Transports.Make();
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        listener.Listen();
        using var peer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        peer.Connect(listener.LocalEndPoint!);
        await using var server = transport.Connect(AcceptedSocket.Accept(listener));
        var read = Task.Run(async () => await server.Transport.Input.ReadAsync());
        await Peers.UntilAsync(() => ((EpollReader)server.Transport.Input).IsWaiting);
        transport.Dispose();
        transport.Dispose();
        await Assert.ThrowsAsync<ConnectionAbortedException>(() => read.WaitAsync(Peers.Patience));
    }

    private static async Task PingAsync(Socket client, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await client.SendAsync(new byte[1]);
            await client.ReceiveAsync(1);
        }
    }

    private async Task<FakeLogRecord> LineAsync()
    {
        await Peers.UntilAsync(() => _logger.Collector.Count > 0);
        return _logger.LatestRecord;
    }
}
