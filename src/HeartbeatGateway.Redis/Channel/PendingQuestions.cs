using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Redis.Channel;

/// <summary>Questions of this node that wait for their answers. Bounded; the asking side removes what it added. Thread-safe.</summary>
internal sealed class PendingQuestions
{
    /// <summary>The most questions that wait at once.</summary>
    public const int Max = 4_096;

    private readonly ConcurrentDictionary<long, TaskCompletionSource<NodeAnswer>> _waiting = new();
    private long _lastId = Random.Shared.NextInt64();
    private int _count;

    /// <summary>Adds a question.</summary>
    /// <param name="id">Its correlation id.</param>
    /// <param name="answer">Completes with its answer.</param>
    /// <returns>False when as many wait as may.</returns>
    public bool TryAdd(out long id, [NotNullWhen(true)] out Task<NodeAnswer>? answer)
    {
        (id, answer) = (0, null);
        if (Interlocked.Increment(ref _count) > Max)
        {
            Interlocked.Decrement(ref _count);
            return false;
        }

        id = Interlocked.Increment(ref _lastId);
        var waiting = new TaskCompletionSource<NodeAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[id] = waiting;
        answer = waiting.Task;
        return true;
    }

    /// <summary>An answer has come. One that nothing waits for is late, and ignored.</summary>
    public void Answered(long id, NodeAnswer answer)
    {
        if (_waiting.TryGetValue(id, out var waiting)) waiting.TrySetResult(answer);
    }

    public void Remove(long id)
    {
        if (_waiting.TryRemove(id, out _)) Interlocked.Decrement(ref _count);
    }
}
