using System.Buffers;
using HeartbeatGateway.Epoll.Tests.Support;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Epoll.Tests;

public sealed class WriterTests : IDisposable
{
    private const int Large = 4 << 20;

    private readonly Wire _wire = new(isTight: true);

    public void Dispose() => _wire.Dispose();

    [Fact]
    public async Task A_flush_waits_for_a_peer_that_reads_slowly_and_continues_on_the_loop()
    {
        var (server, peer) = _wire.Connect();
        var program = Task.Run(async () =>
        {
            var result = await server.Output().WriteAsync(Peers.Bytes(0, 1 << 20));
            return (result, EpollLoop.Current);
        });
        await Peers.UntilAsync(() => Writer(server).HasBacklog);
        var received = new List<byte>();
        while (received.Count < 1 << 20) received.AddRange(await peer.ReceiveAsync(Math.Min(3001, (1 << 20) - received.Count)));
        var (flushed, loop) = await program.WaitAsync(Peers.Patience);
        Assert.Equal((false, false), (flushed.IsCanceled, flushed.IsCompleted));
        Assert.Same(_wire.Loop, loop);
        Assert.True(Peers.Bytes(0, 1 << 20).Span.SequenceEqual(received.ToArray()));
        Assert.True(Writer(server).IsEmpty);
        await server.DisposeAsync();
        peer.Dispose();
    }

    [Fact]
    public async Task A_reset_ends_a_flush_that_waits()
    {
        var (server, peer) = _wire.Connect();
        var flush = Task.Run(async () => await server.Output().WriteAsync(new byte[Large]));
        await Peers.UntilAsync(() => Writer(server).HasBacklog);
        peer.Reset();
        Assert.True((await flush.WaitAsync(Peers.Patience)).IsCompleted);
        Assert.True((await server.Output().WriteAsync(new byte[1])).IsCompleted);
        await server.DisposeAsync().AsTask().WaitAsync(Peers.Patience);
    }

    [Fact]
    public async Task After_a_reset_that_a_send_has_seen_the_reader_fails_with_a_reset()
    {
        for (var round = 0; round < 50; round++)
        {
            var (server, peer) = _wire.Connect();
            var read = Task.Run(async () => await server.Input().ReadAsync());
            await Peers.UntilAsync(() => ((EpollReader)server.Input()).IsWaiting);
            var flush = Task.Run(async () => await server.Output().WriteAsync(new byte[Large]));
            await Peers.UntilAsync(() => Writer(server).HasBacklog);
            peer.Reset();
            Assert.True((await flush.WaitAsync(Peers.Patience)).IsCompleted);
            await Assert.ThrowsAsync<ConnectionResetException>(() => read.WaitAsync(Peers.Patience));
            await server.DisposeAsync();
        }
    }

    [Fact]
    public async Task An_abort_ends_a_flush_that_waits_or_is_about_to()
    {
        for (var round = 0; round < 300; round++)
        {
            var (server, peer) = _wire.Connect();
            var flush = Task.Run(async () => await server.Output().WriteAsync(new byte[200_000]));
            if (round % 3 == 0) await Peers.UntilAsync(() => Writer(server).HasBacklog);
            server.Abort(new ConnectionAbortedException("The test ends it."));
            Assert.True((await flush.WaitAsync(Peers.Patience)).IsCompleted);
            await server.DisposeAsync().AsTask().WaitAsync(Peers.Patience);
            Assert.True(Writer(server).IsEmpty);
            peer.Dispose();
        }
    }

    [Fact]
    public async Task Flushes_that_are_not_awaited_leave_no_byte_behind()
    {
        // A new backlog begins while the loop ends the one before.
        var (server, peer) = _wire.Connect();
        const int Total = 6_000_000;
        var program = Task.Run(async () =>
        {
            for (var at = 0; at < Total; at += 1000)
            {
                var flush = server.Output().WriteAsync(Peers.Bytes(at, 1000));
                if (!flush.IsCompleted) server.Output().CancelPendingFlush();
                await flush;
            }

            await server.Output().FlushAsync();
        });
        for (var at = 0; at < Total; at += 1000)
        {
            var received = await peer.ReceiveAsync(1000);
            Assert.True(Peers.Bytes(at, 1000).Span.SequenceEqual(received), $"Other bytes at {at}.");
        }

        await program.WaitAsync(Peers.Patience);
        await server.DisposeAsync().AsTask().WaitAsync(Peers.Patience);
        peer.Dispose();
    }

    [Fact]
    public async Task A_token_that_is_cancelled_too_late_does_not_reach_the_next_flush()
    {
        var (server, peer) = _wire.Connect();
        var reading = peer.ReceiveAllAsync();
        var sent = 0;
        for (var round = 0; round < 2000; round++)
        {
            using var source = new CancellationTokenSource();
            var cancel = Task.Run(source.Cancel);
            try
            {
                sent += 2000;
                Assert.False((await server.Output().WriteAsync(Peers.Bytes(0, 2000), source.Token)).IsCanceled);
            }
            catch (OperationCanceledException)
            {
            }

            await cancel;
            Assert.False((await server.Output().FlushAsync()).IsCanceled, $"The flush after round {round} was cancelled.");
        }

        await server.DisposeAsync().AsTask().WaitAsync(Peers.Patience);
        Assert.Equal(sent, (await reading).Length);
        peer.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Disposal_waits_for_the_backlog_also_beside_a_flush(bool isFlushing)
    {
        var (server, peer) = _wire.Connect();
        server.Output().Write(Peers.Bytes(0, 1 << 20).Span);
        var flush = isFlushing ? server.Output().FlushAsync().AsTask() : Task.CompletedTask;
        var disposal = server.DisposeAsync().AsTask();
        Assert.False(disposal.IsCompleted);
        Assert.False(server.Guard.IsClosed);
        Assert.Equal(1 << 20, (await peer.ReceiveAllAsync()).Length);
        await disposal.WaitAsync(Peers.Patience);
        await flush.WaitAsync(Peers.Patience);
        Assert.Equal((0, true), (_wire.Loop.Connections.Count, server.Guard.IsClosed));
        await server.DisposeAsync();
        peer.Dispose();
    }

    [Fact]
    public async Task An_abort_ends_a_disposal_that_waits()
    {
        var (server, peer) = _wire.Connect();
        server.Output().Write(new byte[Large]);
        var disposal = server.DisposeAsync().AsTask();
        server.Abort(new ConnectionAbortedException("The test ends it."));
        await disposal.WaitAsync(Peers.Patience);
        Assert.Equal((0, true), (_wire.Loop.Connections.Count, Writer(server).IsEmpty));
        peer.Dispose();
    }

    private static EpollWriter Writer(EpollConnection server) => (EpollWriter)server.Output();
}
