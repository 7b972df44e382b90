using System.Threading.Channels;

namespace HeartbeatGateway.Server.Messages;

/// <summary>
/// Messages for a sink that is not required: one order, one at a time, and bounded. A full lane drops the newest message; no sender waits. Its counts are those of
/// what waits in it, and of what it has handed on (as delivered).
/// </summary>
internal sealed class SinkLane : IDisposable
{
    public const int MaxMessages = 4_096;
    public const int MaxBytes = 8 * 1024 * 1024;

    /// <summary>How long a stop waits until what was taken is handed on.</summary>
    public static readonly TimeSpan StopTime = TimeSpan.FromSeconds(2);

    private readonly Channel<GatewayMessage> _messages = Channel.CreateBounded<GatewayMessage>(new BoundedChannelOptions(MaxMessages) { SingleReader = true });
    private readonly Func<GatewayMessage, CancellationToken, ValueTask> _deliver;
    private readonly TimeProvider _timeProvider;
    private readonly CancellationTokenSource _ending = new();
    private readonly Lock _lock = new();
    private readonly Queue<DateTimeOffset> _takenAt = new();
    private readonly Task _running;
    private long _bytes;
    private bool _isEnded;

    /// <param name="deliver">Hands a message to the sink. Its exceptions are its own.</param>
    /// <param name="timeProvider">The clock.</param>
    public SinkLane(Func<GatewayMessage, CancellationToken, ValueTask> deliver, TimeProvider timeProvider)
    {
        (_deliver, _timeProvider) = (deliver, timeProvider);
        _running = RunAsync();
    }

    public SinkBooks Books { get; } = new();

    /// <summary>When the oldest message that waits here was taken; null when none waits.</summary>
    public DateTimeOffset? OldestWaiting
    {
        get
        {
            lock (_lock) return _takenAt.TryPeek(out var oldest) ? oldest : null;
        }
    }

    /// <summary>Takes a message, or drops it when the lane is full or has ended. Never waits.</summary>
    public void Offer(GatewayMessage message)
    {
        lock (_lock)
        {
            Books.Take();
            // A message above the bound alone fits an empty lane.
            var fits = _bytes == 0 || _bytes + message.Content.Length <= MaxBytes;
            if (!_isEnded && fits && _messages.Writer.TryWrite(message))
            {
                _bytes += message.Content.Length;
                _takenAt.Enqueue(_timeProvider.GetUtcNow());
            }
            else Books.Decide(MessageVerdict.Dropped, _isEnded ? SinkDropCause.Stopped : SinkDropCause.Full);
        }
    }

    /// <summary>Takes nothing more, hands on what waits for at most <see cref="StopTime"/>, and drops the rest.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        lock (_lock) _isEnded = true;
        _messages.Writer.TryComplete();
        try
        {
            await _running.WaitAsync(StopTime, _timeProvider, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            // The rest is counted as dropped by the lane's end.
        }

        await _ending.CancelAsync();
        lock (_lock)
        {
            _takenAt.Clear();
            Books.DropWaiting(SinkDropCause.Stopped);
        }
    }

    public void Dispose()
    {
        _messages.Writer.TryComplete();
        _ending.Dispose();
    }

    private async Task RunAsync()
    {
        var token = _ending.Token;
        await foreach (var message in _messages.Reader.ReadAllAsync(CancellationToken.None))
        {
            if (!TryStart(message)) continue;
            try
            {
                await _deliver(message, token);
                Books.Deliver();
            }
            catch (Exception)
            {
                Books.Retry();
                Books.Decide(MessageVerdict.Dropped, token.IsCancellationRequested ? SinkDropCause.Stopped : SinkDropCause.Failed);
            }
        }
    }

    private bool TryStart(GatewayMessage message)
    {
        lock (_lock)
        {
            // After a stop what waited is counted as dropped already.
            if (!_takenAt.TryDequeue(out _)) return false;
            _bytes -= message.Content.Length;
            Books.Start();
            return true;
        }
    }
}
