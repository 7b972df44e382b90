using HeartbeatGateway.Api.Access;

namespace HeartbeatGateway.Api.Audit;

/// <summary>Every change that was made by the API: the latest 10,000 in memory, each also as a log line. Thread-safe.</summary>
internal sealed class AuditLog(TimeProvider timeProvider, ILogger<AuditLog> logger)
{
    public const int Capacity = 10_000;

    private readonly Queue<AuditEntry> _entries = new();
    private readonly Lock _lock = new();
    private long _last;

    /// <summary>Records a change.</summary>
    /// <param name="caller">Who made it.</param>
    /// <param name="action">What: one of a closed set.</param>
    /// <param name="target">On whom or what.</param>
    /// <param name="result">With which result.</param>
    public void Record(ApiCaller caller, string action, string target, string result)
    {
        lock (_lock)
        {
            if (_entries.Count == Capacity) _entries.Dequeue();
            _entries.Enqueue(new AuditEntry(++_last, ApiTime.Of(timeProvider.GetUtcNow()), caller.Id, action, target, result));
        }

        logger.ApiChange(caller.Id, action, target, result);
    }

    /// <summary>The latest changes, the newest first.</summary>
    public IReadOnlyList<AuditEntry> Latest(int limit)
    {
        lock (_lock) return [.. _entries.Reverse().Take(limit)];
    }
}

/// <summary>One change by the API.</summary>
/// <param name="Number">1, 2, 3, …; without gaps within one process.</param>
/// <param name="Time">When.</param>
/// <param name="KeyId">By which key.</param>
/// <param name="Action">What.</param>
/// <param name="Target">On whom or what.</param>
/// <param name="Result">With which result.</param>
internal sealed record AuditEntry(long Number, DateTimeOffset Time, string KeyId, string Action, string Target, string Result);

/// <summary>The latest changes.</summary>
/// <param name="Entries">The newest first.</param>
/// <param name="Next">The cursor of the next page; null on the last one.</param>
internal sealed record AuditListing(IReadOnlyList<AuditEntry> Entries, string? Next);
