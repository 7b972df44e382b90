namespace HeartbeatGateway.Server.Messages;

/// <summary>
/// The counts of one sink. They balance at any moment: taken = delivered + rejected + dropped + waiting + in flight. Each verb moves messages from one count to
/// another in one step. Thread-safe.
/// </summary>
public sealed class SinkBooks
{
    private readonly Lock _lock = new();
    private readonly long[] _dropped = new long[Enum.GetValues<SinkDropCause>().Length];
    private long _taken;
    private long _delivered;
    private long _rejected;
    private long _waiting;
    private long _inFlight;

    /// <summary>Messages entered the sink; they wait.</summary>
    /// <param name="messages">How many.</param>
    public void Take(int messages = 1)
    {
        lock (_lock)
        {
            _taken += messages;
            _waiting += messages;
        }
    }

    /// <summary>Waiting messages are being delivered.</summary>
    /// <param name="messages">How many.</param>
    /// <exception cref="InvalidOperationException">Fewer are waiting.</exception>
    public void Start(int messages = 1)
    {
        lock (_lock)
        {
            Leave(ref _waiting, messages);
            _inFlight += messages;
        }
    }

    /// <summary>A delivery failed and will be repeated: its messages wait again.</summary>
    /// <param name="messages">How many.</param>
    /// <exception cref="InvalidOperationException">Fewer are in flight.</exception>
    public void Retry(int messages = 1)
    {
        lock (_lock)
        {
            Leave(ref _inFlight, messages);
            _waiting += messages;
        }
    }

    /// <summary>The receiver has messages that were in flight.</summary>
    /// <param name="messages">How many.</param>
    /// <exception cref="InvalidOperationException">Fewer are in flight.</exception>
    public void Deliver(int messages = 1)
    {
        lock (_lock)
        {
            Leave(ref _inFlight, messages);
            _delivered += messages;
        }
    }

    /// <summary>The receiver refused messages that were in flight, for good.</summary>
    /// <param name="messages">How many.</param>
    /// <exception cref="InvalidOperationException">Fewer are in flight.</exception>
    public void Reject(int messages = 1)
    {
        lock (_lock)
        {
            Leave(ref _inFlight, messages);
            _rejected += messages;
        }
    }

    /// <summary>The sink gave up messages that were waiting.</summary>
    /// <param name="cause">Why.</param>
    /// <param name="messages">How many.</param>
    /// <exception cref="InvalidOperationException">Fewer are waiting.</exception>
    public void Drop(SinkDropCause cause, int messages = 1)
    {
        lock (_lock)
        {
            Leave(ref _waiting, messages);
            _dropped[(int)cause] += messages;
        }
    }

    /// <summary>A waiting message is decided on, without a delivery that takes time.</summary>
    /// <param name="verdict">The verdict.</param>
    /// <param name="cause">Why it is dropped, with <see cref="MessageVerdict.Dropped"/>.</param>
    internal void Decide(MessageVerdict verdict, SinkDropCause cause)
    {
        lock (_lock)
        {
            Leave(ref _waiting, 1);
            Count(verdict, cause);
        }
    }

    /// <summary>A message entered the sink and is decided on, in one step.</summary>
    /// <param name="verdict">The verdict.</param>
    /// <param name="cause">Why it is dropped, with <see cref="MessageVerdict.Dropped"/>.</param>
    internal void Pass(MessageVerdict verdict, SinkDropCause cause)
    {
        lock (_lock)
        {
            _taken++;
            Count(verdict, cause);
        }
    }

    /// <summary>The sink gave up all messages that were waiting.</summary>
    internal void DropWaiting(SinkDropCause cause)
    {
        lock (_lock)
        {
            _dropped[(int)cause] += _waiting;
            _waiting = 0;
        }
    }

    /// <summary>All counts of one moment.</summary>
    public SinkCounts Read()
    {
        lock (_lock) return new SinkCounts(_taken, _delivered, _rejected, [.. _dropped], _waiting, _inFlight);
    }

    private void Count(MessageVerdict verdict, SinkDropCause cause)
    {
        if (verdict == MessageVerdict.Accepted) _delivered++;
        else if (verdict == MessageVerdict.Rejected) _rejected++;
        else _dropped[(int)cause]++;
    }

    private static void Leave(ref long count, int messages)
    {
        if (messages < 0 || count < messages) throw new InvalidOperationException($"{messages} messages cannot leave a count of {count}.");
        count -= messages;
    }
}
