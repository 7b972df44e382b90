using System.Text.Json;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Telemetry;

namespace HeartbeatGateway.Server.Delivery;

/// <summary>
/// Tells other nodes the results of messages that they have accepted, in batches and in order, one question to each node at a time. A node that is not there any
/// more is told nothing. While the cluster cannot be reached, results wait. Bounded. Thread-safe.
/// </summary>
internal sealed class SettledReports(EngineContext context, ICluster cluster)
{
    /// <summary>The verb.</summary>
    public const string Verb = "settled";

    /// <summary>The most results that wait, of all nodes. Later ones are not told: the other node lets the messages expire.</summary>
    public const int MaxWaiting = 100_000;

    private const int MaxBatch = 256;
    private const int MaxTries = 3;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Lane> _lanes = new(StringComparer.Ordinal);
    private int _waiting;

    /// <summary>Results that wait.</summary>
    public int Waiting
    {
        get { lock (_lock) return _waiting; }
    }

    public void Add(string epoch, SettledMessage message)
    {
        lock (_lock)
        {
            if (_waiting >= MaxWaiting) return;
            _waiting++;
            if (!_lanes.TryGetValue(epoch, out var lane)) _lanes[epoch] = lane = new Lane(epoch);
            lane.Messages.Enqueue(message);
            Begin(lane);
        }
    }

    /// <summary>Goes on with what waits because the cluster could not be reached.</summary>
    public void Resume()
    {
        lock (_lock)
        {
            if (_waiting == 0 || cluster.IsDegraded) return;
            foreach (var lane in _lanes.Values) Begin(lane);
        }
    }

    private void Begin(Lane lane)
    {
        if (lane.IsSending) return;
        lane.IsSending = true;
        // Callers are read loops and senders.
        ThreadPool.UnsafeQueueUserWorkItem(static state => _ = state.Reports.SendAsync(state.Lane), (Reports: this, Lane: lane), preferLocal: false);
    }

    private async Task SendAsync(Lane lane)
    {
        while (Next(lane) is { } batch)
        {
            if (await TrySendAsync(lane.Epoch, batch)) Done(lane, batch.Count);
            else if (!cluster.IsDegraded) Forget(lane);
            else
            {
                // The sweep resumes it.
                lock (_lock) lane.IsSending = false;
                return;
            }
        }
    }

    private async Task<bool> TrySendAsync(string epoch, List<SettledMessage> batch)
    {
        try
        {
            var question = JsonSerializer.SerializeToUtf8Bytes(new SettledQuestion(batch), NodeJson.Default.SettledQuestion);
            for (var tries = 1; ; tries++)
            {
                var kind = (await cluster.AskAsync(epoch, Verb, question, CancellationToken.None)).Kind;
                if (kind == NodeAnswerKind.Answered) return true;
                // A result that is told twice changes nothing.
                if (kind == NodeAnswerKind.Unreachable || tries >= MaxTries) return false;
            }
        }
        catch (Exception e)
        {
            context.Logger.ResultsNotReported(e, batch.Count, epoch);
            return false;
        }
    }

    private List<SettledMessage>? Next(Lane lane)
    {
        lock (_lock)
        {
            if (lane.Messages.Count > 0) return [.. lane.Messages.Take(MaxBatch)];
            _lanes.Remove(lane.Epoch);
            return null;
        }
    }

    private void Done(Lane lane, int count)
    {
        lock (_lock)
        {
            _waiting -= count;
            for (; count > 0; count--) lane.Messages.Dequeue();
        }
    }

    /// <summary>The node is gone, and with it the callers that wait for the results.</summary>
    private void Forget(Lane lane)
    {
        int count;
        lock (_lock)
        {
            count = lane.Messages.Count;
            _waiting -= count;
            lane.Messages.Clear();
        }

        context.Logger.ResultsForgotten(count, lane.Epoch);
    }

    private sealed class Lane(string epoch)
    {
        public string Epoch => epoch;

        public Queue<SettledMessage> Messages { get; } = [];

        public bool IsSending { get; set; }
    }
}
