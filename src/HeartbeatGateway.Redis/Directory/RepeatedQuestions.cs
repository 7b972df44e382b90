using System.Collections.Concurrent;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Redis.Directory;

/// <summary>A question to a node about one client.</summary>
/// <param name="Epoch">The node.</param>
/// <param name="Verb">What is asked.</param>
/// <param name="ClientId">The client.</param>
internal readonly record struct ClientQuestion(string Epoch, string Verb, string ClientId);

/// <summary>
/// Questions that got no answer, asked again each second: until the node answers, its lease is gone (then it compares all its clients itself), or 60 s have
/// passed. A node that does not answer is asked one of them each second. Holds at most <see cref="MaxWaiting"/>; what is more is left to the comparison.
/// Thread-safe.
/// </summary>
internal sealed class RepeatedQuestions(INodeChannel channel, DirectoryCalls calls, RedisKeys keys, BackgroundWork work, TimeProvider timeProvider)
{
    public const int MaxWaiting = 16_384;
    private const int MaxAtOnce = 64;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<ClientQuestion, Waiting> _waiting = new();
    private int _isRunning;

    /// <summary>Questions without an answer.</summary>
    public int Count => _waiting.Count;

    /// <summary>A question got no answer.</summary>
    /// <param name="question">The question. An earlier one of the same verb for the client is replaced.</param>
    /// <param name="body">What is asked.</param>
    public void Add(ClientQuestion question, ReadOnlyMemory<byte> body)
    {
        if (_waiting.Count >= MaxWaiting) return;
        _waiting[question] = new Waiting(body, timeProvider.GetTimestamp());
        Run();
    }

    private void Run()
    {
        if (_waiting.IsEmpty || Interlocked.Exchange(ref _isRunning, 1) == 1) return;
        if (!work.Run("ask other nodes again", RunAsync, Every)) Volatile.Write(ref _isRunning, 0);
    }

    private async Task RunAsync()
    {
        try
        {
            var leased = await calls.CallAsync(RedisHealth.NodeKeys, d => d.SortedSetRangeByRankAsync(keys.Leases));
            var leases = leased.Select(l => l.ToString()).ToHashSet(StringComparer.Ordinal);
            foreach (var (question, waiting) in _waiting)
            {
                if (!leases.Contains(question.Epoch) || timeProvider.GetElapsedTime(waiting.Since) >= GiveUpAfter) _waiting.TryRemove(new(question, waiting));
            }

            await Task.WhenAll(_waiting.GroupBy(w => w.Key.Epoch).Select(AskNodeAsync));
        }
        finally
        {
            Volatile.Write(ref _isRunning, 0);
            // Also after a failure of Redis.
            Run();
        }
    }

    private async Task AskNodeAsync(IEnumerable<KeyValuePair<ClientQuestion, Waiting>> questions)
    {
        var all = questions.ToList();
        if (!await AskAsync(all[0])) return;
        foreach (var some in all.Skip(1).Chunk(MaxAtOnce)) await Task.WhenAll(some.Select(AskAsync));
    }

    /// <returns>False when the node was not reached.</returns>
    private async Task<bool> AskAsync(KeyValuePair<ClientQuestion, Waiting> question)
    {
        var (key, waiting) = question;
        var answer = await channel.AskAsync(key.Epoch, key.Verb, waiting.Body, work.Stopping);
        if (answer.Kind != NodeAnswerKind.Answered) return answer.Kind == NodeAnswerKind.Failed;
        _waiting.TryRemove(question);
        return true;
    }

    private sealed record Waiting(ReadOnlyMemory<byte> Body, long Since);
}
