using System.Net;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Disconnects;
using HeartbeatGateway.Server.Limits;
using HeartbeatGateway.Server.Outbound;
using HeartbeatGateway.Server.Telemetry;
using HeartbeatGateway.Server.Timeouts;
using HeartbeatGateway.Server.Transports;
using HeartbeatGateway.Shared.Idle;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Server.Connection;

/// <summary>
/// The state of one client connection, and the one place where it is closed. Kept small, since there is one for each of a million clients. The read
/// loop reads and parses, the timer wheel's thread checks deadlines, any thread may send or close.
/// </summary>
internal sealed class GatewayConnection : TimedConnection, IClientConnection, IOutboundOwner, IGatewayConnectionFeature
{
    private readonly ConnectionLifecycle _lifecycle;
    private IdleState _idle;
    private FrameBuffer _frames;
    private ReadBudget _budget;
    private HeartbeatGaps _gaps;
    private volatile bool _isPaused;
    private volatile bool _hasRun;
    private volatile bool _readsOn;
    private volatile bool _isReadStopped;
    private readonly bool _isWebSocket;
    // In a byte each, 0 for null: a nullable enumeration takes eight.
    private byte _timeoutCause;
    private byte _probeKind;
    private int _reason;
    private uint _framesRead;
    private uint _framesWritten;
    private long _endedAt;
    private CancellationTokenSource? _ending;
    private ClientSession? _session;

    public GatewayConnection(ConnectionLifecycle lifecycle, ConnectionContext transport, AddressKey address, bool isProbe)
    {
        _lifecycle = lifecycle;
        Transport = transport;
        Address = address;
        IsProbe = isProbe;
        _isWebSocket = transport.Features.Get<ITransportKindFeature>() is { Kind: TransportKind.WebSocket };
        OpenedAt = lifecycle.Context.Now;
        _idle = new IdleState(OpenedAt);
        Outbound = new OutboundQueue(this);
    }

    public override ConnectionId Id { get; set; }

    public override ConnectionContext Transport { get; }

    public override OutboundQueue Outbound { get; }

    public override EndPoint? RemoteEndPoint => Transport.RemoteEndPoint;

    public override LimitState? Limits { get; set; }

    public override ref IdleState Idle => ref _idle;

    public override PartialFrame PartialFrame => _frames.Partial;

    public override long NegotiatedReaderIdle => Session?.ReaderIdle ?? 0;

    public override long OpenedAt { get; }

    public override long EndedAt => _endedAt;

    public override CloseReason Reason => (CloseReason)Volatile.Read(ref _reason);

    /// <summary>Timestamp of the first valid frame; 0 before it. Set under the table's lock.</summary>
    public override long ConnectedAt { get; set; }

    /// <summary>What its timeout was caused by; null when no time limit has ended it.</summary>
    public TimeoutCause? TimeoutCause => _timeoutCause == 0 ? null : (TimeoutCause)(_timeoutCause - 1);

    public override bool IsConnected => ConnectedAt != 0;

    public override string? ClientId => Session?.ClientId;

    public override bool HasRun => _hasRun;

    public override bool IsPaused => _isPaused;

    /// <summary>Frames are read and delivered: until the connection is closed, and after a planned close until the peer's end or the close grace.</summary>
    public override bool IsReading => !HasEnded || (_readsOn && !_isReadStopped);

    /// <summary>The address that it counts as.</summary>
    public AddressKey Address { get; private set; }

    /// <summary>What it came in by.</summary>
    public TransportKind Kind => _isWebSocket ? TransportKind.WebSocket : TransportKind.Tcp;

    /// <summary>The gateway's own liveness probe: answered like any client, counted nowhere.</summary>
    public bool IsProbe { get; }

    /// <summary>Its place in the count of its address has to be returned.</summary>
    public bool IsCountedByAddress { get; set; }

    /// <summary>Its hello waits for the program's authorizer.</summary>
    public bool IsHelloUndecided { get; set; }

    /// <summary>
    /// How the connection counts if its peer closes it without a byte. Null when such an end is not one of a probe, and once a byte came below the read
    /// loop.
    /// </summary>
    public ProbeKind? ProbeKind
    {
        get => _probeKind == 0 ? null : (ProbeKind)(_probeKind - 1);
        set => _probeKind = value is { } kind ? (byte)(kind + 1) : (byte)0;
    }

    /// <summary>How the connection, which has ended, counts as a probe of a load balancer; null when it was none.</summary>
    public ProbeKind? EndedAsProbe => BytesRead == 0 && Reason is CloseReason.PeerClosed or CloseReason.PeerReset ? ProbeKind : null;

    public GatewayMetrics Metrics => IsProbe ? _lifecycle.Context.UncountedMetrics : _lifecycle.Context.Metrics;

    public ClientSession? Session
    {
        get => Volatile.Read(ref _session);
        set => Volatile.Write(ref _session, value);
    }

    public ReconnectCandidate? Candidate { get; set; }

    public long LastRead => _idle.LastRead;

    /// <summary>Signs what is sent: the key and form of the last verified frame. Null before the first.</summary>
    public TokenSigner? Signer { get; set; }

    /// <summary>Timestamp of the last ping; 0 before the first.</summary>
    public long LastPing { get; set; }

    public long BytesRead { get; set; }

    /// <summary>Bytes that the transport took. Written under the outbound queue's order: one flush at a time.</summary>
    public long BytesWritten { get; private set; }

    /// <summary>Verified frames, up to 4,294,967,295.</summary>
    public uint FramesRead => Volatile.Read(ref _framesRead);

    /// <summary>Frames accepted for the client, up to 4,294,967,295.</summary>
    public uint FramesWritten => Volatile.Read(ref _framesWritten);

    /// <summary>The gaps between its latest pings. Written by the read loop alone.</summary>
    public ref HeartbeatGaps Gaps => ref _gaps;

    /// <summary>A frame was queued that the peer is to read before the connection closes.</summary>
    public bool HasLastFrame { get; private set; }

    /// <summary>The buffer of partial frames. Used by the read loop alone.</summary>
    public ref FrameBuffer Frames => ref _frames;

    /// <summary>Limits how long reading keeps a thread. Used by the read loop alone.</summary>
    public ref ReadBudget Budget => ref _budget;

    /// <summary>The close was planned and is announced, so frames were still delivered after it.</summary>
    public bool HasReadOn => _readsOn;

    /// <summary>Cancelled when no further frame is delivered. Made at the first use, since few connections need it.</summary>
    public CancellationToken EndToken
    {
        get
        {
            var source = LazyInitializer.EnsureInitialized(ref _ending, static () => new CancellationTokenSource());
            if (!IsReading) source.Cancel();
            return source.Token;
        }
    }

    long IOutboundOwner.Now => _lifecycle.Context.Now;

    /// <summary>A layer before the read loop has learnt the client's own address, which the connection counts as from now on.</summary>
    public void MoveTo(AddressKey address, bool isCounted)
    {
        (Address, IsCountedByAddress) = (address, isCounted);
        if (RemoteEndPoint is IPEndPoint client) _lifecycle.Context.Spans.Find(Id)?.MovedTo(client);
    }

    /// <summary>Counts verified frames. Called by the read loop alone.</summary>
    public void CountRead(uint frames = 1) => _framesRead = frames <= uint.MaxValue - _framesRead ? _framesRead + frames : uint.MaxValue;

    /// <summary>The read loop begins: the layers below have let the connection through.</summary>
    public void BeginReading()
    {
        Outbound.Attach(Transport.Transport.Output);
        _hasRun = true;
        // Pairs with the work item in Close: either the end is seen here, or the read loop is seen there.
        Interlocked.MemoryBarrier();
    }

    /// <summary>The read loop stops reading until a task completes: the time until then does not count as idle.</summary>
    public void Pause()
    {
        _isPaused = true;
        _lifecycle.ScheduleWhilePaused(this);
    }

    /// <inheritdoc cref="Pause"/>
    public void Resume()
    {
        // What the client sent meanwhile waits to be read: its idle time starts now at the earliest.
        _idle.RestartReader(_lifecycle.Context.Now);
        _isPaused = false;
    }

    /// <summary>Sends an encoded frame. Never waits.</summary>
    public OutboundResult Send(ReadOnlyMemory<byte> frame, FrameKind kind, long now, bool isBorrowed = false)
    {
        var result = Queue(frame, kind, isBorrowed: isBorrowed);
        if (result == OutboundResult.Accepted) Outbound.Flush(now);
        return result;
    }

    /// <summary>Queues a frame for the next flush, and counts the result.</summary>
    public OutboundResult Queue(ReadOnlyMemory<byte> frame, FrameKind kind, bool isAnswer = false, int times = 1, bool isBorrowed = false)
    {
        var result = Outbound.TryWrite(frame, _lifecycle.Context.Settings.MaxPendingBytes, isAnswer, times, isBorrowed);
        Count(result, kind, times);
        return result;
    }

    public override void SendPing(long now)
    {
        // A ping before the welcome would tell the client that the gateway does not support its hello.
        if (Signer is { } signer && !IsHelloUndecided) Send(signer.Ping(_lifecycle.Context.UnixSeconds), FrameKind.Ping, now, isBorrowed: signer.IsPerClient);
    }

    public override bool Close(in CloseRequest request)
    {
        if (HasEnded) return RefuseSecond(request);
        var context = _lifecycle.Context;
        var lastFrame = CloseFrameFactory.Create(this, request, context.TimeProvider.GetUtcNow());
        // One step: no frame is queued behind the last one, and the first request seals the queue.
        if (!Outbound.TrySeal(lastFrame, context.Settings.MaxPendingBytes, out var result)) return RefuseSecond(request);
        HasLastFrame = result == OutboundResult.Accepted;
        _readsOn = HasLastFrame && request.IsPlanned;
        if (!lastFrame.IsEmpty) Count(result, FrameKind.Close, 1);
        _endedAt = context.Now;
        // Before the reason: who sees the reason sees the cause.
        if (request.Cause is { } cause) _timeoutCause = (byte)(cause + 1);
        // Before the reason is visible: from then on the read loop may end the span.
        context.Spans.Find(Id)?.Closing(_endedAt, request.Reason, request.Late);
        Volatile.Write(ref _reason, (int)request.Reason);
        _lifecycle.Closing(this, request);
        // The read loop continues on the thread pool, not on the caller's thread.
        ThreadPool.UnsafeQueueUserWorkItem(static connection => connection.WakeReadLoop(), this, preferLocal: false);
        return true;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<TimeSpan> ReadHeartbeatGaps() => _gaps.ToArray();

    /// <inheritdoc/>
    public override void StopReading()
    {
        if (_isReadStopped) return;
        _isReadStopped = true;
        // Pairs with the work item in Close: either the stop is seen there, or the end is seen here.
        Interlocked.MemoryBarrier();
        if (HasEnded && _readsOn) ThreadPool.UnsafeQueueUserWorkItem(static connection => connection.WakeReadLoop(), this, preferLocal: false);
    }

    /// <summary>Closes the connection for the reason that an exception stands for.</summary>
    public void CloseBy(Exception exception)
    {
        var reason = CloseReasonMapper.Of(exception, _lifecycle.Context.Stopping.IsSet);
        Close(new CloseRequest(reason) { Fault = exception, Detail = (exception as TransportViolationException)?.Message });
    }

    /// <inheritdoc/>
    internal override long OnTimer(long now) => _lifecycle.CheckTimeouts(this, now);

    void IOutboundOwner.BytesTaken(int bytes, long now)
    {
        _idle.OnWrite(now);
        BytesWritten += bytes;
        Metrics.BytesWritten(bytes);
    }

    // Checked soon, and not only at the limit: what the peer acknowledges from now on is progress.
    void IOutboundOwner.WriteBlocked() => _lifecycle.ScheduleNow(this);

    void IOutboundOwner.FramesDropped(int frames) => Metrics.FrameDropped(DropReason.ConnectionEnded, frames);

    void IOutboundOwner.TransportClosed()
    {
        // The read loop finds the reason, unless it is paused.
        if (_isPaused) Close(new CloseRequest(CloseReason.PeerReset));
    }

    void IOutboundOwner.WriteFailed(Exception exception) => CloseBy(exception);

    /// <summary>A request after the first changes no reason. But a violation, or the peer's end, ends the reading that follows a planned close.</summary>
    private bool RefuseSecond(in CloseRequest request)
    {
        // The first request has sealed the queue and is about to set the reason, on another thread. Whoever goes on from here may remove the connection,
        // which needs the reason.
        var spin = default(SpinWait);
        while (!HasEnded) spin.SpinOnce();
        if (!request.IsPlanned) StopReading();
        return false;
    }

    private void Count(OutboundResult result, FrameKind kind, int times)
    {
        if (result == OutboundResult.Accepted)
        {
            CountWritten((uint)times);
            Metrics.FrameSent(kind, times);
        }
        else Metrics.FrameDropped(result == OutboundResult.Full ? DropReason.PendingLimit : DropReason.ConnectionEnded, times);
    }

    private void CountWritten(uint frames)
    {
        // Other threads may send at the same time. A count that is full stays full.
        if (Interlocked.Add(ref _framesWritten, frames) < frames) Volatile.Write(ref _framesWritten, uint.MaxValue);
    }

    private void WakeReadLoop()
    {
        // Before the read loop runs, a layer such as TLS learns of the end only by an aborted transport.
        if (_hasRun) Transport.Transport.Input.CancelPendingRead();
        else Transport.Abort(new ConnectionAbortedException($"The connection ended before its read loop began ({Reason.ToWireName()})."));
        if (IsReading)
        {
            // A read loop that waits for a full sink does not send the last frame yet.
            Outbound.Flush(_lifecycle.Context.Now);
            return;
        }

        try
        {
            Volatile.Read(ref _ending)?.Cancel();
        }
        catch (AggregateException e)
        {
            // A callback that a sink registered on its token threw; the connection ends all the same.
            _lifecycle.Context.Logger.MessageSinkFailed(e, Id);
        }
    }
}
