using CloudNative.CloudEvents;
using HeartbeatGateway.Server.Messages;

namespace HeartbeatGateway.Webhook;

/// <summary>One event on its way to the receiver. Each verb is called by the lane that holds the event, one at a time.</summary>
/// <param name="takenAt">The timestamp of its entry, by the monotonic clock.</param>
internal abstract class WebhookEvent(long takenAt)
{
    private volatile State _state;
    private volatile bool _isRetried;

    private enum State
    {
        Waiting,
        InFlight,
        Settled,
    }

    /// <summary>The timestamp of its entry, by the monotonic clock.</summary>
    public long TakenAt { get; } = takenAt;

    /// <summary>When a message was taken; null for an event that is no message.</summary>
    public virtual DateTimeOffset? MessageTakenAt => null;

    /// <summary>It waits for its first request, or one has failed and it is not settled yet.</summary>
    public bool IsWaiting => _state switch
    {
        State.Waiting => true,
        State.InFlight => _isRetried,
        _ => false,
    };

    /// <summary>The JSON of an event that did not fit into the last batch; null otherwise, since a batch holds the bytes of its events.</summary>
    public ReadOnlyMemory<byte>? Encoded { get; set; }

    /// <summary>The event as the receiver gets it. The result is the same each time.</summary>
    public abstract CloudEvent ToCloudEvent();

    /// <summary>A request with it begins.</summary>
    public void Start()
    {
        Move(State.Waiting, State.InFlight);
        Started();
    }

    /// <summary>The request failed; another one follows.</summary>
    public void Retry()
    {
        _isRetried = true;
        Move(State.InFlight, State.Waiting);
        Retried();
    }

    /// <summary>The receiver has it.</summary>
    public void Deliver()
    {
        Move(State.InFlight, State.Settled);
        Delivered();
    }

    /// <summary>The receiver refused it for good.</summary>
    public void Reject()
    {
        Move(State.InFlight, State.Settled);
        Rejected();
    }

    /// <summary>The dead-letter file has it.</summary>
    public void DeadLetter()
    {
        Start();
        Deliver();
    }

    /// <summary>It waits, and is given up.</summary>
    /// <param name="cause">Why.</param>
    public void Drop(SinkDropCause cause)
    {
        Move(State.Waiting, State.Settled);
        Dropped(cause);
    }

    /// <summary>The lane failed: it is given up, unless it is settled.</summary>
    public void Fail()
    {
        if (_state == State.InFlight) Retry();
        if (_state == State.Waiting) Drop(SinkDropCause.Failed);
    }

    protected abstract void Started();

    protected abstract void Retried();

    protected abstract void Delivered();

    protected abstract void Rejected();

    protected abstract void Dropped(SinkDropCause cause);

    private void Move(State from, State to)
    {
        if (_state != from) throw new InvalidOperationException($"The event is {_state}, and cannot become {to}.");
        _state = to;
    }
}
