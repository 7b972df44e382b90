namespace HeartbeatGateway.Authorization;

/// <summary>Answers that still hold, by client id and key id, bounded in number: of two generations, the older one is forgotten. Thread-safe.</summary>
/// <param name="duration">How long an answer holds; zero keeps none.</param>
/// <param name="capacity">The most answers that are kept.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class AuthorizationCache(TimeSpan duration, int capacity, TimeProvider timeProvider)
{
    private readonly Lock _lock = new();
    private Dictionary<(string ClientId, string KeyId), Entry> _recent = [];
    private Dictionary<(string ClientId, string KeyId), Entry> _older = [];

    /// <summary>Answers that are kept, those that hold no longer included.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _recent.Count + _older.Count;
        }
    }

    public bool TryFind(string clientId, string keyId, out AuthorizationAnswer answer)
    {
        answer = default;
        if (duration <= TimeSpan.Zero) return false;
        lock (_lock)
        {
            if (!_recent.TryGetValue((clientId, keyId), out var entry) && !_older.TryGetValue((clientId, keyId), out entry)) return false;
            if (timeProvider.GetElapsedTime(entry.Since) >= duration) return false;
            answer = entry.Answer;
            return true;
        }
    }

    public void Add(string clientId, string keyId, in AuthorizationAnswer answer)
    {
        if (duration <= TimeSpan.Zero) return;
        lock (_lock)
        {
            if (_recent.Count >= capacity / 2) (_older, _recent) = (_recent, []);
            _older.Remove((clientId, keyId));
            _recent[(clientId, keyId)] = new Entry(answer, timeProvider.GetTimestamp());
        }
    }

    private readonly record struct Entry(AuthorizationAnswer Answer, long Since);
}

/// <summary>What the service has said about a client.</summary>
/// <param name="IsAllowed">It may connect.</param>
/// <param name="Reason">Why it may not; null for no reason.</param>
internal readonly record struct AuthorizationAnswer(bool IsAllowed, string? Reason);
