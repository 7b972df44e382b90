using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Channel;

/// <summary>What a probe of the own inbox found.</summary>
internal enum ProbeResult
{
    /// <summary>The inbox receives.</summary>
    Heard,

    /// <summary>Redis cannot be reached: nothing is known of the inbox.</summary>
    Away,

    /// <summary>Redis took the probe, and the inbox did not receive it.</summary>
    Unheard,

    /// <summary>The inbox received it, but at another master than the one that other nodes ask: they are told that no node listens.</summary>
    Misrouted,
}

/// <summary>Sends messages to the own inbox, as other nodes do, and waits for them.</summary>
internal sealed class InboxProbe(RedisConnection connection)
{
    /// <summary>How long a probe may take.</summary>
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private TaskCompletionSource? _heard;
    private long _id;
    private long _lastHeard = connection.TimeProvider.GetTimestamp();

    /// <summary>The time since a probe was last received.</summary>
    public TimeSpan Age => connection.TimeProvider.GetElapsedTime(Volatile.Read(ref _lastHeard));

    /// <summary>The inbox received a probe.</summary>
    public void Received(long id)
    {
        TaskCompletionSource? heard;
        lock (_lock) heard = id == _id ? _heard : null;
        if (heard is null) return;
        Volatile.Write(ref _lastHeard, connection.TimeProvider.GetTimestamp());
        heard.TrySetResult();
    }

    public async Task<ProbeResult> SendAsync(RedisChannel inbox)
    {
        var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        long id;
        lock (_lock)
        {
            id = _id = Random.Shared.NextInt64();
            _heard = heard;
        }

        long receivers;
        try
        {
            receivers = await connection.CallAsync(db => db.PublishAsync(inbox, new NodeEnvelope(EnvelopeKind.Probe, id).Encode()));
        }
        catch (Exception e) when (RedisConnection.IsFailure(e))
        {
            return ProbeResult.Away;
        }

        try
        {
            await heard.Task.WaitAsync(Bound, connection.TimeProvider);
            return receivers > 0 ? ProbeResult.Heard : ProbeResult.Misrouted;
        }
        catch (TimeoutException)
        {
            return ProbeResult.Unheard;
        }
    }
}
