using System.Net;
using HeartbeatGateway.Server.Clients;

namespace HeartbeatGateway.Authorization;

/// <summary>Answers that still hold, by client id, key id and address, which a service may decide by. Bounded in number: of two generations, the older one is forgotten. Thread-safe.</summary>
/// <param name="duration">How long an answer holds; zero keeps none.</param>
/// <param name="capacity">The most answers that are kept.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class AuthorizationCache(TimeSpan duration, int capacity, TimeProvider timeProvider)
{
    private readonly Lock _lock = new();
    private Dictionary<Question, Entry> _recent = [];
    private Dictionary<Question, Entry> _older = [];

    /// <summary>Answers that are kept, those that hold no longer included.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _recent.Count + _older.Count;
        }
    }

    public bool TryFind(ClientAuthorizationRequest request, out AuthorizationAnswer answer)
    {
        answer = default;
        if (duration <= TimeSpan.Zero) return false;
        var question = Question.Of(request);
        lock (_lock)
        {
            if (!_recent.TryGetValue(question, out var entry) && !_older.TryGetValue(question, out entry)) return false;
            if (timeProvider.GetElapsedTime(entry.Since) >= duration) return false;
            answer = entry.Answer;
            return true;
        }
    }

    public void Add(ClientAuthorizationRequest request, in AuthorizationAnswer answer)
    {
        if (duration <= TimeSpan.Zero) return;
        var question = Question.Of(request);
        lock (_lock)
        {
            if (_recent.Count >= capacity / 2) (_older, _recent) = (_recent, []);
            _older.Remove(question);
            _recent[question] = new Entry(answer, timeProvider.GetTimestamp());
        }
    }

    private readonly record struct Question(string ClientId, string KeyId, IPAddress? Address)
    {
        public static Question Of(ClientAuthorizationRequest request) => new(request.ClientId, request.KeyId, (request.RemoteEndPoint as IPEndPoint)?.Address);
    }

    private readonly record struct Entry(AuthorizationAnswer Answer, long Since);
}

/// <summary>What the service has said about a client.</summary>
/// <param name="IsAllowed">It may connect.</param>
/// <param name="Reason">Why it may not; null for no reason.</param>
internal readonly record struct AuthorizationAnswer(bool IsAllowed, string? Reason);
