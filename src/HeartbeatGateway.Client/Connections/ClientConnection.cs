using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using HeartbeatGateway.Client.Connecting;
using HeartbeatGateway.Client.Reconnecting;
using HeartbeatGateway.Protocol.Heartbeats;
using HeartbeatGateway.Protocol.Identity;

namespace HeartbeatGateway.Client.Connections;

/// <summary>
/// One connection, from the first byte to its end: a loop that reads, a loop that writes (<see cref="FrameOutput"/>), and one timer for the
/// heartbeat. The first cause of the end wins.
/// </summary>
internal sealed class ClientConnection : IDisposable
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan StallThreshold = TimeSpan.FromSeconds(1);

    private readonly ConnectionContext _context;
    private readonly Link _link;
    private readonly Action<Acceptance> _accepted;
    private readonly FrameHandler _handler;
    private readonly FrameOutput _output;
    private readonly PingTimes _pings = new();
    private readonly StallLog _stalls = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly ITimer _timer;
    private readonly long _began;
    private IdleState _idle;
    private readonly Lock _endLock = new();
    private StrongBox<AttemptResult>? _result;
    private long _lastPing;
    private long _heartbeat;
    private long _deadAfter;
    private long _expectedTick;
    private long _acceptedAt;
    private int _ticks;
    private volatile bool _isLeaving;

    /// <param name="context">What all connections of the client share.</param>
    /// <param name="link">The link; the connection disposes it.</param>
    /// <param name="accepted">Called once, on the read loop, when the gateway has answered.</param>
    public ClientConnection(ConnectionContext context, Link link, Action<Acceptance> accepted)
    {
        _context = context;
        _link = link;
        _accepted = accepted;
        var key = context.Keyring.Keys[0];
        _output = new FrameOutput(link, context.Options.NameKey ? key.Named : key.Bare, context.SendQueue, context.Clock, Written, PingSent, context.Metrics);
        _handler = new FrameHandler(context, _output.HasSent);
        _began = Now;
        _idle = new IdleState(_began);
        _heartbeat = Units(context.Options.Heartbeat);
        _deadAfter = Units(context.Options.DeadAfter);
        _timer = context.TimeProvider.CreateTimer(static state => ((ClientConnection)state!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private bool IsAccepted => Volatile.Read(ref _acceptedAt) != 0;

    private long Now => _context.TimeProvider.GetTimestamp();

    /// <summary>There may be something to send.</summary>
    public void Wake() => _output.Wake();

    /// <summary>Sends what is queued and says goodbye; the end follows when the gateway has ended its side.</summary>
    /// <returns>False when the gateway has not answered yet, so that there is nothing to say.</returns>
    public bool TryLeave()
    {
        if (!IsAccepted) return false;
        _isLeaving = true;
        _output.Leave();
        return true;
    }

    /// <summary>Runs until the end. Never throws.</summary>
    /// <param name="hello">The hello; null for an anonymous client.</param>
    /// <param name="cancellationToken">Ends the connection at once.</param>
    public async Task<AttemptResult> RunAsync(HelloPayload? hello, CancellationToken cancellationToken)
    {
        var writing = Task.CompletedTask;
        using var stopping = cancellationToken.UnsafeRegister(static state => ((ClientConnection)state!).End(ConnectionEnds.Disposed), this);
        try
        {
            Arm(Now, Now + Math.Min(_heartbeat, _deadAfter));
            await _output.GreetAsync(hello, _ending.Token).ConfigureAwait(false);
            writing = WriteAsync();
            await ReadAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            EndBy(e);
        }

        await _timer.DisposeAsync().ConfigureAwait(false);
        // Under a write that waits, the link is what ends it.
        await _link.DisposeAsync().ConfigureAwait(false);
        await writing.ConfigureAwait(false);
        var lived = IsAccepted ? _context.TimeProvider.GetElapsedTime(_acceptedAt) : (TimeSpan?)null;
        return _result!.Value with { Lived = lived };
    }

    public void Dispose()
    {
        _ending.Dispose();
        _output.Dispose();
    }

    private async Task WriteAsync()
    {
        try
        {
            await _output.RunAsync(_ending.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            EndBy(e);
        }
    }

    private async Task ReadAsync()
    {
        // Zero-byte reads: a connection that waits for its next pong holds no buffer.
        var reader = PipeReader.Create(_link.Stream, new StreamPipeReaderOptions(leaveOpen: true, useZeroByteReads: true));
        long unparsed = 0;
        try
        {
            while (_result is null)
            {
                var read = await reader.ReadAsync(_ending.Token).ConfigureAwait(false);
                var buffer = read.Buffer;
                var now = Now;
                if (buffer.Length > unparsed) _idle.OnRead(now);
                var end = HandleFrames(ref buffer, now);
                unparsed = buffer.Length;
                reader.AdvanceTo(buffer.Start, buffer.End);
                if (end is { } result) End(result);
                else if (read.IsCompleted) End(_isLeaving ? ConnectionEnds.Disposed : ConnectionEnds.EndOfStream(IsAccepted, insideFrame: unparsed > 0));
            }
        }
        finally
        {
            await reader.CompleteAsync().ConfigureAwait(false);
        }
    }

    private AttemptResult? HandleFrames(ref ReadOnlySequence<byte> buffer, long now)
    {
        while (_handler.TryHandle(ref buffer, out var news))
        {
            if (news.End is { } end) return end;
            if (news.IsPing && _pings.Answered() is { } sent)
            {
                var rtt = _context.TimeProvider.GetElapsedTime(sent, now);
                _context.Metrics.HeartbeatAnswered(rtt);
                _context.HeartbeatAnswered(rtt);
            }

            // A ping before any welcome comes from a server that does not know hello.
            if (!IsAccepted && (news.IsPing || news.Welcome is not null)) Accept(news.Welcome, now);
        }

        return null;
    }

    private void Accept(WelcomePayload? welcome, long now)
    {
        if (welcome is not null)
        {
            var heartbeat = HeartbeatTerms.Granted(welcome.Heartbeat, _context.Options);
            Volatile.Write(ref _heartbeat, Units(heartbeat));
            Volatile.Write(ref _deadAfter, Units(HeartbeatTerms.DeadAfter(heartbeat, _context.Options)));
        }

        Volatile.Write(ref _acceptedAt, now);
        _accepted(new Acceptance(welcome));
        _output.Open();
        Tick();
    }

    private void Written() => _idle.OnWrite(Now);

    private void PingSent()
    {
        var now = Now;
        Volatile.Write(ref _lastPing, now);
        _pings.Sent(now);
    }

    /// <summary>Looks at the heartbeat; one thread at a time, and again when another asked for it meanwhile.</summary>
    private void Tick()
    {
        if (Interlocked.Increment(ref _ticks) > 1) return;
        int seen;
        do
        {
            seen = Volatile.Read(ref _ticks);
            CheckHeartbeat();
        }
        while (Interlocked.Add(ref _ticks, -seen) > 0);
    }

    private void CheckHeartbeat()
    {
        var now = Now;
        var expected = Volatile.Read(ref _expectedTick);
        if (expected != 0 && expected < now && _context.TimeProvider.GetElapsedTime(expected, now) >= StallThreshold) _stalls.Add(expected, now);
        var step = HeartbeatRules.Decide(now, _idle, Volatile.Read(ref _lastPing), Volatile.Read(ref _heartbeat), Volatile.Read(ref _deadAfter), _stalls);
        if (step.Action == HeartbeatAction.Dead)
        {
            if (!_link.HasUnreadBytes)
            {
                End(ConnectionEnds.Dead(_context.TimeProvider.GetElapsedTime(_idle.LastRead, now), _context.SendQueue.Count));
                return;
            }

            // The gateway has spoken, and this process has not listened yet.
            step = step with { Next = now + Units(LookAgain) };
        }

        if (step.Action == HeartbeatAction.Ping) _output.Ping();
        Arm(now, step.Next);
    }

    private void Arm(long now, long next)
    {
        var wait = _context.TimeProvider.GetElapsedTime(now, Math.Max(next, now));
        Volatile.Write(ref _expectedTick, Math.Max(next, now));
        try
        {
            // Timers have no finer grain than a millisecond.
            _timer.Change(wait < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : wait, Timeout.InfiniteTimeSpan);
        }
        catch (ObjectDisposedException)
        {
            // The connection has ended meanwhile.
        }
    }

    private void End(GatewayClientEnd end) => End(new AttemptResult(end, null));

    private void End(AttemptResult result)
    {
        lock (_endLock)
        {
            if (_result is not null) return;
            Volatile.Write(ref _result, new StrongBox<AttemptResult>(result));
        }

        _ending.Cancel();
    }

    private void EndBy(Exception exception) => End(exception switch
    {
        IOException or System.Net.Sockets.SocketException => _isLeaving ? ConnectionEnds.Disposed : ConnectionEnds.Broken(exception),
        // The token of the end itself: whoever cancelled it has noted the cause.
        OperationCanceledException or ObjectDisposedException when _result is not null => _result.Value.End,
        _ => ConnectionEnds.Failed(GatewayClientEndKind.InternalError, $"a fault of the client library: {exception.Message}", exception),
    });

    private long Units(TimeSpan time) => (long)Math.Ceiling(time.TotalSeconds * _context.TimeProvider.TimestampFrequency);
}
