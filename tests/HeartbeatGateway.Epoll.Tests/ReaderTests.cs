using System.Buffers;
using System.Net.Sockets;
using HeartbeatGateway.Epoll.Tests.Support;

namespace HeartbeatGateway.Epoll.Tests;

public sealed class ReaderTests : IDisposable
{
    private readonly Wire _wire = new();

    public void Dispose() => _wire.Dispose();

    [Fact]
    public async Task A_program_that_waits_continues_on_the_thread_of_its_loop()
    {
        var (server, peer) = _wire.Connect();
        // Nothing was sent yet, so this call returns while the program waits.
        var loop = ReadAsync();
        await peer.SendAsync(new byte[1]);
        Assert.Same(_wire.Loop, await loop.WaitAsync(Peers.Patience));
        peer.Dispose();
        await server.DisposeAsync();

        async Task<EpollLoop?> ReadAsync()
        {
            await server.Input().ReadAsync();
            return EpollLoop.Current;
        }
    }

    [Fact]
    public async Task A_block_that_a_program_holds_while_it_waits_for_something_else_is_not_overwritten()
    {
        var connections = Enumerable.Range(0, 40).Select(_ => _wire.Connect()).ToList();
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var programs = connections.Select((connection, number) => Task.Run(async () =>
        {
            var result = await connection.Server.Input().ReadAsync();
            await release.Task;
            Assert.Equal(Peers.Bytes(number * 100, 100).ToArray(), result.Buffer.ToArray());
            connection.Server.Input().AdvanceTo(result.Buffer.GetPosition(50));
            result = await connection.Server.Input().ReadUntilAsync(150);
            Assert.Equal(Peers.Bytes((number * 100) + 50, 150).ToArray(), result.Buffer.ToArray());
        })).ToList();
        for (var i = 0; i < connections.Count; i++) await connections[i].Peer.SendAsync(Peers.Bytes(i * 100, 100));
        await Peers.UntilAsync(() => connections.TrueForAll(connection => Held(connection.Server) == ReceiveBlock.Length));
        release.SetResult();
        for (var i = 0; i < connections.Count; i++) await connections[i].Peer.SendAsync(Peers.Bytes((i + 1) * 100, 100));
        await Task.WhenAll(programs).WaitAsync(Peers.Patience);
        foreach (var (server, peer) in connections)
        {
            await server.DisposeAsync();
            peer.Dispose();
        }
    }

    [Fact]
    public async Task A_large_partial_frame_arrives_in_one_buffer_also_byte_by_byte()
    {
        const int Length = 4 << 20;
        var (server, peer) = _wire.Connect();
        var isRead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var program = Task.Run(async () =>
        {
            var result = await server.Input().ReadUntilAsync(Length + 100);
            for (var i = 0; i < 4; i++) Assert.True(result.Buffer.Slice(i << 20, 1 << 20).FirstSpan.SequenceEqual(Peers.Bytes(0, 1 << 20).Span));
            Assert.True(Held(server) <= 4 * Length, $"{Held(server)} bytes are held for {Length}.");
            // The rest of a large frame does not keep its memory.
            server.Input().AdvanceTo(result.Buffer.GetPosition(Length), result.Buffer.End);
            Assert.InRange(Held(server), 100, 8192);
            isRead.SetResult();
            result = await server.Input().ReadUntilAsync(101);
            server.Input().AdvanceTo(result.Buffer.End);
            Assert.Equal(0, Held(server));
        });
        for (var i = 0; i < 4; i++) await peer.SendAsync(Peers.Bytes(0, 1 << 20));
        for (var i = 0; i < 100; i++) await peer.SendAsync(new byte[1]);
        await Task.WhenAny(isRead.Task, program).WaitAsync(Peers.Patience);
        await peer.SendAsync(new byte[1]);
        await program.WaitAsync(Peers.Patience);
        await server.DisposeAsync();
        peer.Dispose();
    }

    [Fact]
    public async Task Bytes_that_the_program_does_not_ask_for_stay_in_the_kernel()
    {
        var (server, peer) = _wire.Connect();
        await peer.SendAsync(new byte[1]);
        var result = await Task.Run(async () => await server.Input().ReadAsync());
        server.Input().AdvanceTo(result.Buffer.End);
        await peer.SendAsync(new byte[100_000]);
        await Peers.UntilAsync(() => server.HasUnreadInput(TimeSpan.Zero));
        Assert.Equal(0, Held(server));
        await server.DisposeAsync();
        peer.Dispose();
    }

    [Fact]
    public async Task Cancellations_of_many_threads_are_never_lost()
    {
        var (server, peer) = _wire.Connect();
        const int Rounds = 20_000;
        var (cancelled, isDone) = (0, false);
        var program = Task.Run(async () =>
        {
            while (true)
            {
                var result = await server.Input().ReadAsync();
                server.Input().AdvanceTo(result.Buffer.End);
                if (result.IsCompleted) return;
                if (!result.IsCanceled) continue;
                Interlocked.Increment(ref cancelled);
                // This is the thread that has cancelled.
                await Task.Yield();
            }
        });
        var sender = Task.Run(async () =>
        {
            while (!Volatile.Read(ref isDone)) await peer.SendAsync(new byte[3]);
            peer.Shutdown(SocketShutdown.Send);
        });
        for (var i = 0; i < Rounds; i++)
        {
            var before = Volatile.Read(ref cancelled);
            server.Input().CancelPendingRead();
            SpinWait.SpinUntil(() => Volatile.Read(ref cancelled) > before, Peers.Patience);
            Assert.True(Volatile.Read(ref cancelled) > before, $"Cancellation {i} is lost.");
        }

        Volatile.Write(ref isDone, true);
        await Task.WhenAll(program, sender).WaitAsync(Peers.Patience);
        await server.DisposeAsync();
        peer.Dispose();
    }

    [Fact]
    public async Task A_token_that_is_cancelled_beside_arriving_bytes_loses_none()
    {
        var (server, peer) = _wire.Connect();
        const int Rounds = 2000;
        var program = Task.Run(async () =>
        {
            var (read, ended) = (0, 0);
            while (read < Rounds)
            {
                using var source = new CancellationTokenSource();
                var cancel = Task.Run(source.Cancel);
                try
                {
                    var result = await server.Input().ReadAsync(source.Token);
                    foreach (var part in result.Buffer)
                    {
                        foreach (var value in part.Span) Assert.Equal((byte)read++, value);
                    }

                    server.Input().AdvanceTo(result.Buffer.End);
                }
                catch (OperationCanceledException)
                {
                    ended++;
                }

                await cancel;
            }

            return ended;
        });
        for (var i = 0; i < Rounds; i++)
        {
            await peer.SendAsync(new[] { (byte)i });
            if (i % 3 == 0) await Task.Yield();
        }

        var ended = await program.WaitAsync(Peers.Patience);
        TestContext.Current.TestOutputHelper?.WriteLine($"{ended} reads were cancelled.");
        await server.DisposeAsync();
        peer.Dispose();
    }

    [Fact]
    public async Task A_read_that_waits_ends_when_the_reader_completes()
    {
        var (server, peer) = _wire.Connect();
        var read = Task.Run(async () => await server.Input().ReadAsync());
        await Peers.UntilAsync(() => Reader(server).IsWaiting);
        await server.DisposeAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => read.WaitAsync(Peers.Patience));
        peer.Dispose();
    }

    private static EpollReader Reader(EpollConnection server) => (EpollReader)server.Input();

    /// <summary>Bytes of the buffer that the reader holds.</summary>
    private static int Held(EpollConnection server) => Reader(server).BufferLength;
}
