using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Redis.Directory;

/// <summary>Enters clients that sent a hello, within <see cref="RedisOptions.EnterTimeout"/>.</summary>
internal sealed class Enterer : IDisposable
{
    private static readonly ClusterEntry Degraded = new(ClusterEntryKind.Degraded);

    private readonly TimeSpan _timeout;
    private readonly EnterBatch _batch;
    private readonly Takeovers _takeovers;
    private readonly LateAnswers _late;
    private readonly NodeIdentity _node;
    private readonly Lease _lease;
    private readonly DirectoryMetrics _metrics;
    private readonly TimeProvider _timeProvider;
    private readonly PartitionQueues<ClusterHello, EnterAnswer> _queues;

    public Enterer(
        RedisOptions options,
        EnterBatch batch,
        Takeovers takeovers,
        LateAnswers late,
        NodeIdentity node,
        Lease lease,
        DirectoryMetrics metrics,
        TimeProvider timeProvider)
    {
        (_timeout, _batch, _takeovers, _late, _node, _lease, _metrics, _timeProvider) =
            (options.EnterTimeout, batch, takeovers, late, node, lease, metrics, timeProvider);
        _queues = new PartitionQueues<ClusterHello, EnterAnswer>(batch.RunAsync, timeProvider);
    }

    public int Waiting => _queues.Waiting;

    /// <summary>As <see cref="ICluster.EnterAsync"/>.</summary>
    public async ValueTask<ClusterEntry> EnterAsync(ClusterHello hello)
    {
        var started = _timeProvider.GetTimestamp();
        var answer = await AskAsync(hello, started);
        if (answer is null || answer.Entry.Kind == ClusterEntryKind.Degraded)
        {
            _metrics.DegradedHello();
            return Degraded;
        }

        var entry = answer.Entry;
        if (entry.Kind == ClusterEntryKind.Replayed) _metrics.Replayed();
        if (entry.Kind != ClusterEntryKind.Entered) return entry;
        // The lease lapsed meanwhile: the entry names an epoch that is reaped.
        if (answer.Epoch != _node.Self.Epoch) _late.LookAgain(hello);
        var taking = _batch.Take(hello.ClientId, answer);
        entry = entry with { Kept = taking.Kept };
        var left = _timeout - _timeProvider.GetElapsedTime(started);
        // Before the welcome, so that no other node gives it to the client too.
        var commit = taking.CommitAsync(left);
        if (entry.Previous is { WasConnected: true } previous && await _takeovers.AskAsync(hello.ClientId, previous, hello.Instance, left) is { IsEmpty: false } delivery)
        {
            entry = entry with { Kept = entry.Kept with { Delivery = delivery, DeliveryAge = TimeSpan.Zero } };
        }

        await commit;
        return entry;
    }

    public void Dispose() => _queues.Dispose();

    private async ValueTask<EnterAnswer?> AskAsync(ClusterHello hello, long started)
    {
        try
        {
            // An entry without a lease would be reaped.
            if (!_lease.Held.IsCompleted) await _lease.Held.WaitAsync(_timeout, _timeProvider);
        }
        catch (TimeoutException)
        {
            return null;
        }

        if (_queues.Add(hello.ClientId, hello) is not { } item)
        {
            _metrics.Refused(DirectoryOperation.Enter);
            return null;
        }

        try
        {
            var left = _timeout - _timeProvider.GetElapsedTime(started);
            return await item.Answer.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, _timeProvider);
        }
        catch (Exception)
        {
            // Failures of Redis are logged by RedisHealth, others where the late answer is followed.
            if (!item.GiveUp()) _late.Await(hello, item.Answer);
            return null;
        }
    }
}
