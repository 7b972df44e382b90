using System.Buffers;
using System.Net.Sockets;
using HeartbeatGateway.Epoll.Tests.Support;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Epoll.Tests;

/// <summary>How connections end: by the peer, by the program, and by both at once.</summary>
public sealed class ConnectionEndTests : IDisposable
{
    private static readonly ConnectionAbortedException Reason = new("The test ends it.");

    private readonly Wire _wire = new();

    public void Dispose() => _wire.Dispose();

    [Fact]
    public async Task A_reset_while_the_program_waits()
    {
        var (server, peer) = _wire.Connect();
        var read = await WaitingReadAsync(server);
        peer.Reset();
        await Assert.ThrowsAsync<ConnectionResetException>(() => read.WaitAsync(Peers.Patience));
        await EndAsync(server);
    }

    [Fact]
    public async Task A_reset_while_the_program_does_not_read()
    {
        var (server, peer) = _wire.Connect();
        await ReadOneAsync(server, peer);
        peer.Reset();
        await Assert.ThrowsAsync<ConnectionResetException>(() => server.Input().ReadAsync().AsTask().WaitAsync(Peers.Patience));
        await Assert.ThrowsAsync<ConnectionResetException>(async () => await server.Input().ReadAsync());
        Assert.Throws<ConnectionResetException>(() => server.Input().TryRead(out _));
        await EndAsync(server);
    }

    [Fact]
    public async Task A_reset_behind_unread_bytes()
    {
        var (server, peer) = _wire.Connect();
        await peer.SendAsync(Peers.Bytes(0, 100));
        var result = await Task.Run(async () => await server.Input().ReadAsync());
        server.Input().AdvanceTo(result.Buffer.GetPosition(10), result.Buffer.End);
        peer.Reset();
        await Assert.ThrowsAsync<ConnectionResetException>(() => server.Input().ReadAsync().AsTask().WaitAsync(Peers.Patience));
        await EndAsync(server);
    }

    [Fact]
    public async Task The_end_of_the_stream_behind_unread_bytes()
    {
        var (server, peer) = _wire.Connect();
        await peer.SendAsync(Peers.Bytes(0, 100));
        peer.Shutdown(SocketShutdown.Send);
        var result = await Task.Run(async () => await server.Input().ReadUntilAsync(1000));
        Assert.True(result.IsCompleted);
        Assert.Equal(Peers.Bytes(0, 100).ToArray(), result.Buffer.ToArray());
        server.Input().AdvanceTo(result.Buffer.GetPosition(60), result.Buffer.End);
        result = await server.Input().ReadAsync();
        Assert.Equal((true, 40), (result.IsCompleted, result.Buffer.Length));
        server.Input().AdvanceTo(result.Buffer.End);
        peer.Dispose();
        await EndAsync(server);
    }

    [Fact]
    public async Task A_peer_that_has_shut_down_its_side_still_receives()
    {
        var (server, peer) = _wire.Connect();
        var read = await WaitingReadAsync(server);
        peer.Shutdown(SocketShutdown.Send);
        Assert.True((await read.WaitAsync(Peers.Patience)).IsCompleted);
        var received = peer.ReceiveAllAsync();
        Assert.False((await server.Output().WriteAsync(Peers.Bytes(0, 1_000_000)).AsTask().WaitAsync(Peers.Patience)).IsCompleted);
        await EndAsync(server);
        var all = await received;
        Assert.True(Peers.Bytes(0, 1_000_000).Span.SequenceEqual(all));
        peer.Dispose();
    }

    [Fact]
    public async Task A_server_that_has_shut_down_its_side_still_reads()
    {
        var (server, peer) = _wire.Connect();
        await server.Output().WriteAsync(Peers.Bytes(0, 10));
        server.ShutdownSend();
        Assert.Equal(10, (await peer.ReceiveAllAsync()).Length);
        Assert.True((await server.Output().WriteAsync(Peers.Bytes(0, 10))).IsCompleted);
        await peer.SendAsync(Peers.Bytes(0, 100));
        peer.Shutdown(SocketShutdown.Send);
        var result = await Task.Run(() => server.Input().ReadUntilAsync(1000)).WaitAsync(Peers.Patience);
        Assert.Equal((true, 100), (result.IsCompleted, result.Buffer.Length));
        peer.Dispose();
        await EndAsync(server);
    }

    [Fact]
    public async Task An_abort_of_another_thread_wakes_a_program_that_waits_or_is_about_to()
    {
        for (var round = 0; round < 500; round++)
        {
            var (server, peer) = _wire.Connect();
            var read = Task.Run(async () => await server.Input().ReadAsync());
            if (round % 2 == 0) await Peers.UntilAsync(() => ((EpollReader)server.Input()).IsWaiting);
            server.Abort(Reason);
            server.Abort(new ConnectionAbortedException("The second one is ignored."));
            Assert.Same(Reason, await Assert.ThrowsAsync<ConnectionAbortedException>(() => read.WaitAsync(Peers.Patience)));
            await EndAsync(server);
            peer.Dispose();
        }
    }

    [Fact]
    public async Task An_abort_while_the_loop_is_in_the_program()
    {
        for (var round = 0; round < 200; round++)
        {
            var (server, peer) = _wire.Connect();
            var isAborted = round % 2 == 0 ? new TaskCompletionSource() : null;
            var isIn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var program = Task.Run(async () =>
            {
                var result = await server.Input().ReadAsync();
                isIn.SetResult();
                // Half of the rounds: the program blocks the loop until the abort has returned.
#pragma warning disable VSTHRD002 // On purpose.
                isAborted?.Task.Wait();
#pragma warning restore VSTHRD002
                Assert.Equal(Peers.Bytes(0, 100).ToArray(), result.Buffer.ToArray());
                server.Input().AdvanceTo(result.Buffer.GetPosition(50));
                while (true)
                {
                    result = await server.Input().ReadAsync();
                    server.Input().AdvanceTo(result.Buffer.Start, result.Buffer.End);
                }
            });
            await peer.SendAsync(Peers.Bytes(0, 100));
            await isIn.Task.WaitAsync(Peers.Patience);
            server.Abort(Reason);
            isAborted?.SetResult();
            Assert.Same(Reason, await Assert.ThrowsAsync<ConnectionAbortedException>(() => program.WaitAsync(Peers.Patience)));
            await EndAsync(server);
            peer.Dispose();
        }
    }

    [Fact]
    public async Task The_peer_of_an_aborted_connection_gets_a_reset()
    {
        var (server, peer) = _wire.Connect();
        await server.Output().WriteAsync(new byte[1]);
        await peer.ReceiveAsync(1);
        server.Abort(Reason);
        Assert.Equal(SocketError.ConnectionReset, (await Assert.ThrowsAsync<SocketException>(() => peer.ReceiveAsync(1))).SocketErrorCode);
        await EndAsync(server);
        peer.Dispose();
    }

    [Fact]
    public async Task The_peer_of_a_disposed_connection_gets_all_and_the_end()
    {
        var (server, peer) = _wire.Connect();
        await server.Output().WriteAsync(Peers.Bytes(0, 1000));
        await EndAsync(server);
        await EndAsync(server);
        Assert.Equal(1000, (await peer.ReceiveAllAsync()).Length);
        peer.Dispose();
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task The_end_is_told_while_the_program_does_not_read(bool isReset, bool hasUnread)
    {
        var (server, peer) = _wire.Connect();
        await ReadOneAsync(server, peer);
        var closed = Closed(server);
        if (hasUnread) await peer.SendAsync(new byte[100]);
        Assert.False(closed.IsCompleted);
        if (isReset) peer.Reset();
        else peer.Shutdown(SocketShutdown.Send);
        await closed.WaitAsync(Peers.Patience);
        Assert.True(server.ConnectionClosed.IsCancellationRequested);
        await EndAsync(server);
        peer.Dispose();
    }

    [Fact]
    public async Task The_end_is_told_also_when_it_was_asked_for_at_the_same_moment()
    {
        for (var round = 0; round < 500; round++)
        {
            var (server, peer) = _wire.Connect();
            var read = round % 2 == 0 ? Task.Run(async () => await server.Input().ReadAsync()) : Task.CompletedTask;
            var end = Task.Run(() => peer.Shutdown(SocketShutdown.Send));
            await Closed(server).WaitAsync(Peers.Patience);
            await Task.WhenAll(read, end).WaitAsync(Peers.Patience);
            await EndAsync(server);
            peer.Dispose();
        }
    }

    [Fact]
    public async Task The_end_is_told_after_an_abort_and_after_a_disposal()
    {
        var (aborted, first) = _wire.Connect();
        var (disposed, second) = _wire.Connect();
        var both = Task.WhenAll(Closed(aborted), Closed(disposed));
        aborted.Abort(Reason);
        await disposed.DisposeAsync();
        await both.WaitAsync(Peers.Patience);
        Assert.True(aborted.ConnectionClosed.IsCancellationRequested);
        await EndAsync(aborted);
        first.Dispose();
        second.Dispose();
    }

    private static Task Closed(EpollConnection server)
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        server.ConnectionClosed.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), closed);
        return closed.Task;
    }

    private static async Task<Task<System.IO.Pipelines.ReadResult>> WaitingReadAsync(EpollConnection server)
    {
        var read = Task.Run(async () => await server.Input().ReadAsync());
        await Peers.UntilAsync(() => ((EpollReader)server.Input()).IsWaiting);
        return read;
    }

    private static async Task ReadOneAsync(EpollConnection server, Socket peer)
    {
        await peer.SendAsync(new byte[1]);
        var result = await Task.Run(async () => await server.Input().ReadAsync());
        server.Input().AdvanceTo(result.Buffer.End);
    }

    private async Task EndAsync(EpollConnection server)
    {
        await server.DisposeAsync().AsTask().WaitAsync(Peers.Patience);
        Assert.True(server.Guard.IsClosed);
        Assert.Equal(0, _wire.Loop.Connections.Count);
    }
}
