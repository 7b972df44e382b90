using System.Collections.Concurrent;

namespace HeartbeatGateway.Faults.Tests.Deliveries;

/// <summary>
/// The messages that a receiver has processed. A number that is new for its client must be the one after the highest so far; one that is not new must be
/// marked as a possible duplicate. Everything else is recorded as a violation.
/// </summary>
internal sealed class ArrivedMessages
{
    private readonly ConcurrentDictionary<string, long> _highest = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _violations = new();
    private long _duplicates;

    public IReadOnlyCollection<string> Violations => _violations;

    public long Duplicates => Interlocked.Read(ref _duplicates);

    /// <summary>The number through which the messages of a client have arrived, whose program was started once.</summary>
    public long HighestOf(string clientId) => _highest.SingleOrDefault(c => c.Key.StartsWith(clientId + "/", StringComparison.Ordinal)).Value;

    /// <summary>Notes a message. The messages of one client come one at a time.</summary>
    /// <param name="client">Client id and instance.</param>
    /// <param name="number">The number of the message.</param>
    /// <param name="isMarked">It is marked as a possible duplicate, or its request as a repetition.</param>
    public void Note(string client, long number, bool isMarked)
    {
        var highest = _highest.GetValueOrDefault(client);
        if (number == highest + 1) _highest[client] = number;
        else if (number > highest + 1) _violations.Enqueue($"{client}: {number} arrived after {highest}");
        else if (isMarked) Interlocked.Increment(ref _duplicates);
        else _violations.Enqueue($"{client}: {number} arrived a second time without a mark; the highest is {highest}");
    }
}
