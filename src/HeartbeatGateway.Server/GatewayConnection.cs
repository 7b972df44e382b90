using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using HeartbeatGateway.Server.Admission;
using HeartbeatGateway.Server.Heartbeats;
using HeartbeatGateway.Server.Identity;
using HeartbeatGateway.Server.Outbound;
using HeartbeatGateway.Server.Reconnects;
using HeartbeatGateway.Server.Telemetry;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Heartbeats;
using HeartbeatGateway.Protocol.Tokens;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Server;

/// <summary>
/// One client connection: its read loop and all of its state. Kept small, since there is one for each of a million clients.
/// The read loop alone reads and parses; the wheel's thread checks deadlines; anybody may send or end.
/// </summary>
internal sealed class GatewayConnection : TimerWheelEntry, IOutboundOwner
{
    /// <summary>Answers that may wait for a client that does not read before the gateway stops reading from it.</summary>
    private const int MaxPendingAnswerBytes = 32 * 1024;

    private readonly GatewayEngine _engine;
    private IdleState _idle;
    private FrameBuffer _intake;
    private ReadBudget _budget;
    private volatile bool _isPaused;
    private volatile bool _hasRun;
    private int _reason;
    private CancellationTokenSource? _ending;
    private ClientSession? _session;

    public GatewayConnection(GatewayEngine engine, ConnectionContext transport, AddressKey address, bool isProbe)
    {
        _engine = engine;
        Transport = transport;
        Address = address;
        IsProbe = isProbe;
        OpenedAt = engine.Now;
        _idle = new IdleState(OpenedAt);
        Outbound = new OutboundQueue(this);
    }

    public ConnectionId Id { get; set; }

    public ConnectionContext Transport { get; }

    public OutboundQueue Outbound { get; }

    public AddressKey Address { get; }

    /// <summary>The gateway's own liveness probe: answered like everybody, counted nowhere.</summary>
    public bool IsProbe { get; }

    /// <summary>Its place in the per-address count is to be given back.</summary>
    public bool IsCountedByAddress { get; init; }

    public GatewayMetrics Metrics => IsProbe ? _engine.UncountedMetrics : _engine.Metrics;

    public EndPoint? RemoteEndPoint => Transport.RemoteEndPoint;

    public long OpenedAt { get; }

    /// <summary>Timestamp of the first valid frame; 0 before it. Set under the table's lock.</summary>
    public long ConnectedAt { get; set; }

    /// <summary>A valid frame was read.</summary>
    public bool IsConnected => ConnectedAt != 0;

    /// <summary>What its hello made of it; null while it is anonymous. Set under the client directory's lock.</summary>
    public ClientSession? Session
    {
        get => Volatile.Read(ref _session);
        set => Volatile.Write(ref _session, value);
    }

    /// <summary>Who it is, for logs. Parentheses are in nobody's name.</summary>
    public string ClientName => Session?.ClientId ?? "(anonymous)";

    /// <summary>What the history of its address knows of it; null when it is not in it, since it has not connected or has given its name.</summary>
    public ReconnectCandidate? ReconnectCandidate { get; set; }

    /// <summary>How to sign what goes out: the key and form of the last verified frame. Null until there was one.</summary>
    public TokenSigner? Signer { get; set; }

    /// <summary>What limits remember of it; null while that is nothing.</summary>
    public LimitState? Limits { get; set; }

    /// <summary>Timestamp of the last ping; 0 before the first.</summary>
    public long LastPing { get; set; }

    public long BytesRead { get; private set; }

    /// <inheritdoc cref="FrameBuffer.Unfinished"/>
    public PartialFrame Unfinished => _intake.Unfinished;

    /// <summary>The gateway has stopped reading, because the sink is full or answers wait: silence is not the client's fault then.</summary>
    public bool IsPaused => _isPaused;

    /// <summary>Timestamp of the end; 0 while open.</summary>
    public long EndedAt { get; private set; }

    /// <summary>A frame was queued that the peer is to read before the connection closes.</summary>
    public bool HasLastFrame { get; private set; }

    public CloseReason Reason => (CloseReason)Volatile.Read(ref _reason);

    public bool HasEnded => Reason != CloseReason.None;

    public long Now => _engine.Now;

    public ref IdleState Idle => ref _idle;

    /// <summary>Cancelled when the connection ends. Made only when somebody has to wait.</summary>
    public CancellationToken EndToken
    {
        get
        {
            var source = LazyInitializer.EnsureInitialized(ref _ending, static () => new CancellationTokenSource());
            if (HasEnded) source.Cancel();
            return source.Token;
        }
    }

    /// <summary>The read loop has begun: whatever stands between transport and gateway has let the connection through.</summary>
    public bool HasRun => _hasRun;

    /// <summary>Reads until the connection ends, for whatever reason, then unwinds. Never throws.</summary>
    public async Task RunAsync()
    {
        Outbound.Attach(Transport.Transport.Output);
        _hasRun = true;
        // Pairs with the hop in End: either the end is seen here, or the loop is seen there.
        Interlocked.MemoryBarrier();
        try
        {
            while (!HasEnded)
            {
                var wait = Receive(await Transport.Transport.Input.ReadAsync());
                if (!wait.IsCompletedSuccessfully) await PauseAsync(wait);
                if (_budget.IsSpent) await YieldAsync();
            }
        }
        catch (OperationCanceledException) when (HasEnded)
        {
            // The wait for a full sink or for unsent answers was cut short by the end; its reason is noted already.
        }
        catch (Exception e)
        {
            EndBy(e);
        }

        await ConnectionShutdown.RunAsync(this, _engine);
    }

    /// <summary>Sends a frame that is already encoded. Never waits.</summary>
    public OutboundResult Send(ReadOnlyMemory<byte> frame, FrameKind kind, long now)
    {
        var result = Queue(frame, kind);
        if (result == OutboundResult.Accepted) Outbound.Flush(now);
        return result;
    }

    /// <summary>Takes a frame for the next flush, and counts what became of it.</summary>
    public OutboundResult Queue(ReadOnlyMemory<byte> frame, FrameKind kind, bool isAnswer = false, int times = 1)
    {
        var result = Outbound.TryWrite(frame, _engine.Settings.MaxPendingBytes, isAnswer, times);
        if (result == OutboundResult.Accepted) Metrics.FrameSent(kind, times);
        else Metrics.FrameDropped(result == OutboundResult.Full ? DropReason.PendingLimit : DropReason.ConnectionEnded, times);
        return result;
    }

    /// <summary>Ends the connection and tells the client why, if it asked to be told.</summary>
    /// <inheritdoc cref="End(CloseReason, ReadOnlyMemory{byte})"/>
    public bool End(CloseReason reason) => !HasEnded && End(reason, CloseFrameFactory.For(this, reason, _engine.TimeProvider.GetUtcNow()));

    /// <summary>Ends the connection. The first cause wins; later ones change nothing.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="lastFrame">A frame that still has to reach the peer; empty for none.</param>
    /// <returns>True when this call was the first.</returns>
    public bool End(CloseReason reason, ReadOnlyMemory<byte> lastFrame)
    {
        // Whoever sees the end must also see its last frame queued: both happen under the outbound queue's own lock.
        lock (Outbound)
        {
            if (HasEnded) return false;
            EndedAt = Now;
            if (!lastFrame.IsEmpty) HasLastFrame = Queue(lastFrame, FrameKind.Close) == OutboundResult.Accepted;
            Outbound.Seal();
            Volatile.Write(ref _reason, (int)reason);
        }

        if (!IsProbe) _engine.Presence.Ended(this, EndedAt);
        // The read loop may go on with whatever it has to do on its own time, not on the caller's.
        ThreadPool.UnsafeQueueUserWorkItem(static connection => connection.WakeReadLoop(), this, preferLocal: false);
        _engine.Wheel.Schedule(this, EndedAt + _engine.UnwindLimit);
        return true;
    }

    /// <summary>Time between two timestamps.</summary>
    public TimeSpan Elapsed(long from, long to) => _engine.TimeProvider.GetElapsedTime(from, to);

    /// <inheritdoc/>
    internal override long Visit(long now) => _engine.Heartbeats.Visit(this, now);

    void IOutboundOwner.BytesTaken(int bytes, long now)
    {
        _idle.OnWrite(now);
        Metrics.BytesWritten(bytes);
    }

    void IOutboundOwner.WriteBlocked()
    {
        // Soon, and not only at the limit: what the peer acknowledges from now on is progress.
        _engine.Wheel.Schedule(this, Now);
    }

    void IOutboundOwner.FramesDropped(int frames) => Metrics.FrameDropped(DropReason.ConnectionEnded, frames);

    void IOutboundOwner.TransportClosed()
    {
        // The read side tells why, unless nobody reads.
        if (_isPaused) End(CloseReason.PeerReset);
    }

    void IOutboundOwner.WriteFailed(Exception exception) => EndBy(exception);

    /// <summary>Works on what was read. Completes at once unless the sink is full or too many answers wait.</summary>
    private ValueTask Receive(ReadResult read)
    {
        if (HasEnded)
        {
            // The unwinding may read on, so this read must be finished.
            Transport.Transport.Input.AdvanceTo(read.Buffer.End);
            return default;
        }

        var now = Now;
        var newBytes = _intake.CountNew(read.Buffer);
        if (newBytes > 0)
        {
            _idle.OnRead(now);
            BytesRead += newBytes;
            _budget.Note(newBytes, now, _engine.TimeProvider);
            Metrics.BytesRead(newBytes);
        }

        var settings = _engine.Settings;
        var mostHeld = FrameFormat.HeaderLength + settings.MaxContentBytesOf(IsConnected);
        var rest = _intake.Open(read.Buffer, mostHeld);
        var wait = ReadFrames(ref rest, settings, now, out var stopped);
        var hasUnfinished = !rest.IsEmpty && !stopped;
        var claimedBefore = Unfinished.Claims;
        if (hasUnfinished && _intake.NoteUnfinished(rest, now) && settings.FrameTimeout > 0) _engine.Wheel.Schedule(this, now + settings.FrameTimeout);
        if (hasUnfinished && claimedBefore == 0 && !HasEnded && Unfinished.Claims > settings.MaxFirstContentBytes) _engine.Limits.JudgeLargeFrame(this, settings);
        var hasMore = _intake.Close(Transport.Transport.Input, read.Buffer, rest, !IsConnected, stopped, mostHeld);
        Outbound.Flush(now);
        if (read.IsCompleted && !hasMore) End(hasUnfinished ? CloseReason.Truncated : CloseReason.PeerClosed);
        return wait;
    }

    private ValueTask ReadFrames(ref ReadOnlySequence<byte> buffer, EngineSettings settings, long now, out bool stopped)
    {
        stopped = false;
        Span<byte> scratch = stackalloc byte[FrameFormat.HeaderLength];
        var unixSeconds = _engine.UnixSeconds;
        // Answers come before the bound of what may wait: they are held back at the source, never dropped for their own number.
        var pauseAt = Math.Min(MaxPendingAnswerBytes, settings.MaxPendingBytes / 2);
        // Who scans for the next frame would pass over the header of a proxy that is not trusted, and take the proxy for its client.
        if (settings.Resync == FrameResync.Scan && !IsConnected && Admission.ProxyHeader.IsStart(buffer)) End(CloseReason.ProxyInvalid);
        while (!HasEnded)
        {
            var status = _intake.TryRead(ref buffer, scratch, settings.MaxContentBytesOf(IsConnected), settings.Resync, out var frame);
            if (status == FrameReadStatus.Incomplete) break;
            if (status != FrameReadStatus.Complete)
            {
                End(EndReasons.Of(status, buffer, IsConnected));
                break;
            }

            if (!IsConnected && frame.Content.Length > settings.MaxFirstContentBytes) _engine.Limits.Enforces(Admission.Limits.FirstContent, this, settings);
            var wait = _engine.Dispatcher.Dispatch(this, frame, settings, now, unixSeconds);
            if (frame.Kind == FrameKind.Ping && !HasEnded) _engine.Dispatcher.DispatchRepeats(this, frame, ref buffer, settings, Outbound.Room(pauseAt, settings.MaxPendingBytes) / FrameFormat.HeaderLength);
            if (wait.IsCompletedSuccessfully)
            {
                if (Outbound.PendingAnswerBytes < pauseAt) continue;
                Outbound.Flush(now);
                if (Outbound.PendingAnswerBytes < pauseAt) continue;
                wait = new ValueTask(Outbound.WhenAnswersSent().WaitAsync(EndToken));
            }

            stopped = true;
            return wait;
        }

        return default;
    }

    private async Task PauseAsync(ValueTask wait)
    {
        _isPaused = true;
        _engine.Wheel.Schedule(this, Now + _engine.KeepAliveWhilePaused);
        try
        {
            await wait;
        }
        finally
        {
            // Whatever the client sent meanwhile waits to be read: its silence starts now at the earliest.
            _idle.RestartReader(Now);
            _isPaused = false;
        }
    }

    private void WakeReadLoop()
    {
        // Before the read loop runs, whoever is busy with the transport (a TLS handshake) learns of the end in this way only.
        if (_hasRun) Transport.Transport.Input.CancelPendingRead();
        else Transport.Abort(new ConnectionAbortedException($"The connection ended before it was let through ({Reason.ToWireName()})."));
        try
        {
            Volatile.Read(ref _ending)?.Cancel();
        }
        catch (AggregateException e)
        {
            // What a sink hung on to its token threw; the connection ends all the same.
            _engine.Logger.MessageSinkFailed(e, Id);
        }
    }

    private async Task YieldAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        _budget.Renew();
    }

    /// <summary>Ends the connection for a fault of the layer between transport and read loop, and says which in the log.</summary>
    public void EndLayer(string fault)
    {
        if (End(CloseReason.TlsFailed)) _engine.LayerFailed(this, fault);
    }

    /// <summary>Ends the connection for the reason that an exception stands for.</summary>
    public void EndBy(Exception exception)
    {
        var reason = EndReasons.Of(exception, _engine.IsStopping);
        if (End(reason) && reason == CloseReason.InternalError) _engine.Logger.ConnectionFailed(exception, Id, RemoteEndPoint);
    }
}
