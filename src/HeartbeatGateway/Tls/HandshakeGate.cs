using System.IO.Pipelines;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server.Transports;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Tls;

/// <summary>
/// Stands before TLS: waits until a whole ClientHello of acceptable size is there, then for one of a bounded number of slots. An unfinished
/// handshake holds up to 173 KiB in the TLS library, which no limit of a connection counts. A connection that waits holds only the bytes it has sent.
/// While connections wait, the oldest handshake gives up its slot after <see cref="MinSlotTime"/>, so that peers that never finish theirs
/// cannot keep others out.
/// </summary>
internal sealed class HandshakeGate(TlsOptions options, TimeProvider timeProvider) : IDisposable
{
    /// <summary>A handshake may take at least this long, also while others wait: some ten round trips of a mobile network.</summary>
    public static readonly TimeSpan MinSlotTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private readonly LinkedList<Slot> _running = new();
    // The newest first: under a flood the oldest are close to their handshake timeout, and a client that has just come can still be served.
    private readonly LinkedList<Waiter> _waiting = new();
    private ITimer? _timer;

    /// <summary>Handshakes that have a slot.</summary>
    public int Running
    {
        get { lock (_lock) return _running.Count; }
    }

    /// <summary>The middleware before TLS.</summary>
    public async Task EnterAsync(ConnectionContext connection, ConnectionDelegate tls)
    {
        var (isWhole, version) = await ReadHelloAsync(connection);
        if (!isWhole) return;
        var slot = await TakeSlotAsync(connection);
        slot.Version = version;
        connection.Features.Set(slot);
        try
        {
            await tls(connection);
        }
        finally
        {
            Release(slot);
        }
    }

    /// <summary>The handshake is over.</summary>
    public void Leave(ConnectionContext connection)
    {
        if (connection.Features.Get<Slot>() is not { } slot) return;
        connection.Features.Set<Slot>(null);
        Release(slot);
    }

    /// <summary>The version that the ClientHello of a running handshake names; null when it is not known.</summary>
    public static (byte Major, byte Minor)? VersionOf(ConnectionContext connection) => connection.Features.Get<Slot>()?.Version;

    public void Dispose() => _timer?.Dispose();

    /// <returns>Whether the whole ClientHello is there, and its version. False when the peer sent something else, or closed.</returns>
    private async Task<(bool IsWhole, (byte Major, byte Minor)? Version)> ReadHelloAsync(ConnectionContext connection)
    {
        var input = connection.Transport.Input;
        for (var seen = 0L; ;)
        {
            ReadResult read;
            try
            {
                read = await input.ReadAsync();
            }
            catch (ConnectionResetException) when (seen > 0)
            {
                Refuse(connection, new HandshakeFault($"it reset the connection after {seen} bytes of its ClientHello", TlsFailureCause.Incomplete));
                return default;
            }

            seen = read.Buffer.Length;
            var status = ClientHello.Examine(read.Buffer, options.MaxClientHelloBytes, out var fault);
            var version = status == ClientHello.Status.Complete ? ClientHello.VersionOf(read.Buffer) : null;
            // Nothing is consumed: TLS reads it again.
            input.AdvanceTo(read.Buffer.Start, status == ClientHello.Status.Incomplete ? read.Buffer.End : read.Buffer.Start);
            if (status == ClientHello.Status.Complete) return (true, version);
            if (status == ClientHello.Status.Incomplete && !read.IsCompleted && !read.IsCanceled) continue;
            // A peer that closes without a byte, such as a balancer's probe, has failed at nothing.
            if (fault is not null || seen > 0) Refuse(connection, fault ?? new HandshakeFault($"it closed after {seen} bytes of its ClientHello, before that was complete", TlsFailureCause.Incomplete));
            return default;
        }
    }

    private static void Refuse(ConnectionContext connection, HandshakeFault fault) => connection.Features.Set<IHandshakeFaultFeature>(fault);

    private async Task<Slot> TakeSlotAsync(ConnectionContext connection)
    {
        Waiter waiter;
        lock (_lock)
        {
            if (_running.Count < options.MaxHandshakes) return Start(connection);
            waiter = new Waiter(connection);
            _waiting.AddFirst(waiter.Node);
            _timer ??= timeProvider.CreateTimer(static state => ((HandshakeGate)state!).EndOldest(), this, LookInterval, LookInterval);
        }

        using var ending = connection.ConnectionClosed.UnsafeRegister(state => GiveUp((Waiter)state!), waiter);
        return await waiter.Turn.Task;
    }

    /// <summary>The connection ended while it waited.</summary>
    private void GiveUp(Waiter waiter)
    {
        lock (_lock)
        {
            if (waiter.Node.List is null) return;
            _waiting.Remove(waiter.Node);
        }

        waiter.Turn.TrySetCanceled();
    }

    /// <summary>Under the lock.</summary>
    private Slot Start(ConnectionContext connection)
    {
        var slot = new Slot(connection, timeProvider.GetTimestamp());
        _running.AddLast(slot.Node);
        return slot;
    }

    private void Release(Slot slot)
    {
        lock (_lock)
        {
            if (slot.Node.List is null) return;
            _running.Remove(slot.Node);
            if (_waiting.First is { } next)
            {
                _waiting.Remove(next);
                next.Value.Turn.TrySetResult(Start(next.Value.Connection));
            }

            if (_waiting.Count > 0) return;
            _timer?.Dispose();
            _timer = null;
        }
    }

    private void EndOldest()
    {
        List<ConnectionContext> ending = [];
        lock (_lock)
        {
            for (var node = _running.First; node is not null && ending.Count < _waiting.Count && timeProvider.GetElapsedTime(node.Value.Since) >= MinSlotTime; node = node.Next)
            {
                ending.Add(node.Value.Connection);
            }
        }

        foreach (var connection in ending)
        {
            Refuse(connection, new HandshakeFault(
                $"its handshake was unfinished after {MinSlotTime.TotalSeconds:0} s while others waited for one of {options.MaxHandshakes} (Gateway:Tls:MaxHandshakes)", TlsFailureCause.HandshakeSlow));
            connection.Abort(new ConnectionAbortedException("The TLS handshake took too long while others waited."));
        }
    }

    private sealed class Waiter
    {
        public Waiter(ConnectionContext connection) => (Connection, Node) = (connection, new LinkedListNode<Waiter>(this));

        public ConnectionContext Connection { get; }

        public LinkedListNode<Waiter> Node { get; }

        public TaskCompletionSource<Slot> Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Slot
    {
        public Slot(ConnectionContext connection, long since) => (Connection, Since, Node) = (connection, since, new LinkedListNode<Slot>(this));

        public ConnectionContext Connection { get; }

        public long Since { get; }

        public (byte Major, byte Minor)? Version { get; set; }

        public LinkedListNode<Slot> Node { get; }
    }
}
