using System.IO.Pipelines;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server.Transports;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Tls;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Tests.Tls;

/// <summary>How many handshakes run at a time, and whose turn it is.</summary>
public sealed class HandshakeGateTests
{
    private static readonly byte[] Hello = [0x16, 0x03, 0x01, 0, 5, 1, 0, 0, 1, 0];
    private readonly TestClock _time = new();

    [Fact]
    public async Task A_slot_is_passed_on_when_a_handshake_is_over_the_newest_first()
    {
        using var gate = new HandshakeGate(new TlsOptions { MaxHandshakes = 1 }, _time);
        var first = await EnterAsync(gate);
        var second = await EnterAsync(gate);
        var third = await EnterAsync(gate);
        Assert.Equal((true, false, false), (first.HasSlot, second.HasSlot, third.HasSlot));

        gate.Leave(first.Connection);
        await third.Started;
        Assert.Equal((false, 1), (second.HasSlot, gate.Running));
        // Its handler goes on for as long as the connection does, without a slot.
        gate.Leave(third.Connection);
        await second.Started;
        first.Finish.SetResult();
        await first.Entering;
        Assert.Equal(1, gate.Running);
    }

    [Fact]
    public async Task The_oldest_handshake_is_ended_when_others_wait_and_it_has_had_its_time()
    {
        using var gate = new HandshakeGate(new TlsOptions { MaxHandshakes = 1 }, _time);
        var first = await EnterAsync(gate);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(first.Connection.ConnectionClosed.IsCancellationRequested);

        var second = await EnterAsync(gate);
        _time.Advance(TimeSpan.FromMilliseconds(250));
        Assert.True(first.IsAborted);
        Assert.Contains("while others waited", first.Connection.Features.Get<IHandshakeFaultFeature>()!.Fault, StringComparison.Ordinal);
        first.Finish.SetResult();
        await second.Started;

        var third = await EnterAsync(gate);
        _time.Advance(HandshakeGate.MinSlotTime - TimeSpan.FromMilliseconds(250));
        Assert.False(second.IsAborted);
        _time.Advance(TimeSpan.FromMilliseconds(250));
        Assert.True(second.IsAborted);
        second.Finish.SetResult();
        await third.Started;
    }

    [Fact]
    public async Task A_connection_that_ends_while_it_waits_takes_no_slot()
    {
        using var gate = new HandshakeGate(new TlsOptions { MaxHandshakes = 1 }, _time);
        var first = await EnterAsync(gate);
        var second = await EnterAsync(gate);
        var third = await EnterAsync(gate);
        third.Close();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => third.Entering);
        gate.Leave(first.Connection);
        await second.Started;
        gate.Leave(second.Connection);
        Assert.Equal(0, gate.Running);
    }

    [Fact]
    public async Task An_incomplete_hello_takes_no_slot_and_a_refused_one_is_named()
    {
        using var gate = new HandshakeGate(new TlsOptions { MaxHandshakes = 1 }, _time);
        var drip = await EnterAsync(gate, Hello[..9]);
        Assert.Equal((false, 0), (drip.HasSlot, gate.Running));
        await drip.SendAsync(Hello[9..]);
        await drip.Started;

        var plain = await EnterAsync(gate, "GET / HTTP/1.1"u8.ToArray());
        await plain.Entering;
        Assert.Contains("HTTP", plain.Connection.Features.Get<IHandshakeFaultFeature>()!.Fault, StringComparison.Ordinal);
    }

    private static async Task<Peer> EnterAsync(HandshakeGate gate, byte[]? bytes = null)
    {
        var peer = new Peer();
        peer.Enter(gate);
        await peer.SendAsync(bytes ?? Hello);
        return peer;
    }

    private sealed class Peer
    {
        private readonly Pipe _sent = new(new PipeOptions(readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, useSynchronizationContext: false));
        private readonly CancellationTokenSource _closed = new();
        private readonly TaskCompletionSource _started = new();

        public Peer()
        {
            Connection = new AbortableConnection(this) { Transport = new Input(_sent.Reader), ConnectionClosed = _closed.Token };
        }

        public ConnectionContext Connection { get; }

        public bool IsAborted { get; private set; }

        public bool HasSlot => _started.Task.IsCompleted;

        public Task Started => _started.Task;

        public TaskCompletionSource Finish { get; } = new();

        public Task Entering { get; private set; } = Task.CompletedTask;

        public void Enter(HandshakeGate gate) => Entering = gate.EnterAsync(Connection, _ =>
        {
            _started.SetResult();
            return Finish.Task;
        });

        public async Task SendAsync(byte[] bytes) => await _sent.Writer.WriteAsync(bytes);

        public void Close() => _closed.Cancel();

        /// <summary>The gate only reads.</summary>
        private sealed record Input(PipeReader Reader) : IDuplexPipe
        {
            PipeReader IDuplexPipe.Input => Reader;

            PipeWriter IDuplexPipe.Output => throw new NotSupportedException();
        }

        private sealed class AbortableConnection(Peer peer) : DefaultConnectionContext
        {
            public override void Abort(ConnectionAbortedException abortReason) => peer.IsAborted = true;
        }
    }
}
