using System.Runtime.CompilerServices;
using HeartbeatGateway.Epoll.Tests.Support;

namespace HeartbeatGateway.Epoll.Tests;

public sealed class CostTests : IDisposable
{
    private const int Pings = 1000;

    private readonly Wire _wire = new();

    public void Dispose() => _wire.Dispose();

    [Fact]
    public async Task A_ping_allocates_nothing_on_the_thread_of_the_loop()
    {
        var (server, peer) = _wire.Connect();
        var program = new PingProgram(server);
        program.Start();
        // Runtime and pools allocate once in a while: the least of some tries is the cost of a ping.
        var least = long.MaxValue;
        for (var round = 0; round < 10; round++)
        {
            var before = program.Allocated;
            for (var i = 0; i < Pings; i++)
            {
                await peer.SendAsync(new byte[8]);
                await peer.ReceiveAsync(8);
            }

            least = Math.Min(least, program.Allocated - before);
        }

        Assert.Equal(0, least);
        peer.Dispose();
        await program.Ended.WaitAsync(Peers.Patience);
        await server.DisposeAsync();
    }

    [Fact]
    public async Task An_idle_connection_holds_no_buffer()
    {
        var (server, peer) = _wire.Connect();
        var echo = Task.Run(() => Peers.EchoAsync(server));
        foreach (var size in new[] { 1, 100, 5000, 100_000 })
        {
            var reply = peer.ReceiveAsync(size);
            await peer.SendAsync(new byte[size]);
            await reply;
            await Peers.UntilAsync(() => ((EpollReader)server.Input()).IsWaiting);
            Assert.Equal((0, true), (((EpollReader)server.Input()).BufferLength, ((EpollWriter)server.Output()).IsEmpty));
        }

        peer.Dispose();
        await echo.WaitAsync(Peers.Patience);
    }

    [Fact]
    public async Task An_ended_connection_is_kept_by_nothing()
    {
        var ended = await EndOneAsync();
        await Peers.UntilAsync(() =>
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return !ended.TryGetTarget(out _);
        });
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task<WeakReference<EpollConnection>> EndOneAsync()
    {
        var (server, peer) = _wire.Connect();
        var echo = Task.Run(() => Peers.EchoAsync(server));
        await peer.SendAsync(new byte[1]);
        await peer.ReceiveAsync(1);
        peer.Dispose();
        await echo.WaitAsync(Peers.Patience);
        return new WeakReference<EpollConnection>(server);
    }

    /// <summary>Answers each ping on the loop's thread, without the state machine of an async method, whose builder may allocate.</summary>
    private sealed class PingProgram
    {
        private readonly EpollConnection _connection;
        private readonly Action _onRead;
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private ValueTaskAwaiter<System.IO.Pipelines.ReadResult> _read;
        private long _allocated;

        public PingProgram(EpollConnection connection) => (_connection, _onRead) = (connection, OnRead);

        /// <summary>By the loop's thread, up to the last ping.</summary>
        public long Allocated => Volatile.Read(ref _allocated);

        /// <summary>The program has seen the end of the stream.</summary>
        public Task Ended => _ended.Task;

        public void Start()
        {
            _read = _connection.Input().ReadAsync().GetAwaiter();
            _read.UnsafeOnCompleted(_onRead);
        }

        private void OnRead()
        {
            var result = _read.GetResult();
            _connection.Input().AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                _ended.SetResult();
                return;
            }

            _connection.Output().GetSpan(8)[..8].Clear();
            _connection.Output().Advance(8);
            Volatile.Write(ref _allocated, GC.GetAllocatedBytesForCurrentThread());
            var flush = _connection.Output().FlushAsync();
            _ = flush.IsCompletedSuccessfully && flush.Result.IsCompleted;
            Start();
        }
    }
}
