using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Epoll;
using HeartbeatGateway.Testing;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Testing;

namespace HeartbeatGateway.Tests.Transport.Loops;

/// <summary>Two real loops, whose programs block and throw.</summary>
public sealed class BlockedLoopTests : IDisposable
{
    private const int LooksUntilReport = 5;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    private readonly TestClock _time = new();
    private readonly FakeLogger _logger = new();
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _clients = [];
    private readonly EpollTransport _transport;
    private readonly TaskCompletionSource _blocks = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _release = new(0);

    public BlockedLoopTests()
    {
        _transport = new EpollTransport(isInline: true, _logger, _time, loops: 2);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _release.Release(100);
        foreach (var client in _clients) client.Dispose();
        _transport.Dispose();
        _listener.Dispose();
        _release.Dispose();
    }

    [Fact]
    public async Task A_program_that_blocks_is_named_and_its_loop_alone_waits()
    {
        var blocking = await ConnectAsync(BlockAsync);
        await blocking.SendAsync(new byte[1], Token);
        await _blocks.Task.WaitAsync(Token);
        for (var i = 0; i < LooksUntilReport; i++) _time.Advance(Look);

        var state = _transport.ReadLoopStates()[0];
        Assert.Equal((1, blocking.LocalEndPoint, TimeSpan.FromSeconds(1)), (state.Connections, state.RemoteEndPoint, state.Busy));
        var line = Assert.Single(_logger.Collector.GetSnapshot());
        Assert.Equal(201, line.Id.Id);
        Assert.Contains($"Event loop 0 is blocked: it has been in connection {state.ConnectionId} of {blocking.LocalEndPoint} for 1.0 s", line.Message, StringComparison.Ordinal);

        // New connections go to the other loop, which has more connections by now, and are answered.
        for (var i = 0; i < 3; i++) await AssertEchoAsync(await ConnectAsync(EchoAsync));
        Assert.Equal([1, 3], _transport.ReadLoopStates().Select(s => s.Connections));

        _release.Release();
        await AssertEchoAsync(blocking);
        await _transport.PingAsync(Token);
        _time.Advance(Look);
        Assert.Equal([201, 202], _logger.Collector.GetSnapshot().Select(l => l.Id.Id));
        Assert.Equal((TimeSpan.Zero, null), (_transport.ReadLoopStates()[0].Busy, _transport.ReadLoopStates()[0].ConnectionId));
        await ConnectAsync(EchoAsync);
        Assert.Equal([2, 3], _transport.ReadLoopStates().Select(s => s.Connections));
    }

    [Fact]
    public async Task A_ping_waits_for_the_loop_that_is_blocked()
    {
        var blocking = await ConnectAsync(BlockAsync);
        await blocking.SendAsync(new byte[1], Token);
        await _blocks.Task.WaitAsync(Token);

        using var patience = new CancellationTokenSource();
        var first = _transport.PingAsync(patience.Token);
        var second = _transport.PingAsync(Token);
        while (_transport.ReadLoopStates()[1].IsPinged) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Token);
        Assert.True(_transport.ReadLoopStates()[0].IsPinged);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.False(second.IsCompleted);

        _release.Release();
        await second.WaitAsync(Token);
        Assert.DoesNotContain(_transport.ReadLoopStates(), s => s.IsPinged);
    }

    [Fact]
    public async Task Loops_that_wait_for_events_answer_pings_until_they_have_ended()
    {
        for (var i = 0; i < 1000; i++) await _transport.PingAsync(Token);
        var asking = Enumerable.Range(0, 100).Select(_ => Task.Run(() => _transport.PingAsync(Token), Token)).ToArray();
        await Task.WhenAll(asking);
        _transport.Dispose();
        await _transport.PingAsync(Token);
    }

    [Fact]
    public async Task An_exception_in_a_continuation_ends_its_connection_and_not_the_loop()
    {
        Socket[] others = [await ConnectAsync(EchoAsync), await ConnectAsync(EchoAsync)];
        var failing = await ConnectAsync(connection =>
        {
            FailOn(connection.Transport.Input.ReadAsync(CancellationToken.None));
            return Task.CompletedTask;
        });
        await failing.SendAsync(new byte[1], Token);
        var reset = await Assert.ThrowsAsync<SocketException>(async () => await failing.ReceiveAsync(new byte[1], Token));
        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
        await _transport.PingAsync(Token);

        var line = Assert.Single(_logger.Collector.GetSnapshot());
        Assert.Equal((200, "of the program"), (line.Id.Id, line.Exception?.Message));
        Assert.Equal(2, _transport.ReadLoopStates().Sum(s => s.Connections));
        foreach (var other in others) await AssertEchoAsync(other);
        await AssertEchoAsync(await ConnectAsync(EchoAsync));
    }

    /// <summary>Connects a client, and runs a program on the gateway's end.</summary>
    private async Task<Socket> ConnectAsync(Func<ConnectionContext, Task> program)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _clients.Add(client);
        await client.ConnectAsync(_listener.LocalEndPoint!, Token);
        var connection = _transport.Connect(AcceptedSocket.Accept(_listener));
        // It waits for its first bytes before they are sent, and without the context of the test: so it continues on the thread of the loop.
        await Task.Run(() => { _ = program(connection); }, Token);
        return client;
    }

    private async Task BlockAsync(ConnectionContext connection)
    {
        var read = await connection.Transport.Input.ReadAsync(CancellationToken.None);
        connection.Transport.Input.AdvanceTo(read.Buffer.End);
        _blocks.SetResult();
        // On the thread of the loop: this is the fault.
        _release.Wait(CancellationToken.None);
        await EchoAsync(connection);
    }

    private static async Task EchoAsync(ConnectionContext connection)
    {
        while (true)
        {
            var read = await connection.Transport.Input.ReadAsync(CancellationToken.None);
            foreach (var part in read.Buffer) await connection.Transport.Output.WriteAsync(part, CancellationToken.None);
            connection.Transport.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted) break;
        }

        await connection.DisposeAsync();
    }

    /// <summary>An async method would keep the exception in its task.</summary>
    private static void FailOn(ValueTask<ReadResult> read) =>
        read.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(static () => throw new InvalidOperationException("of the program"));

    private static async Task AssertEchoAsync(Socket client)
    {
        await client.SendAsync(new byte[] { 42 }, Token);
        var answer = new byte[1];
        Assert.Equal((1, 42), (await client.ReceiveAsync(answer, Token), answer[0]));
    }
}
