using System.Security.Cryptography;

namespace HeartbeatGateway.Api.Messages;

/// <summary>
/// Remembers the results of requests that named an idempotency key, so that a caller may repeat a request whose answer it missed. Bounded: beyond
/// the bound the oldest are forgotten first. Thread-safe.
/// </summary>
internal sealed class IdempotencyCache(TimeProvider timeProvider)
{
    public const string Header = "Idempotency-Key";

    /// <summary>The longest key, in characters.</summary>
    public const int MaxKeyChars = 128;

    /// <summary>The most results that are remembered.</summary>
    public const int Capacity = 10_000;

    /// <summary>How long a result is remembered.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    private readonly Dictionary<(string Caller, string Key), Entry> _entries = [];
    private readonly Queue<((string Caller, string Key) Name, Entry Entry)> _order = new();
    private readonly Lock _lock = new();

    /// <summary>Does something once for each caller and key; a repetition gets the result of the first time.</summary>
    /// <param name="caller">The caller's id: callers do not see each other's keys.</param>
    /// <param name="key">The key; null does it in any case.</param>
    /// <param name="request">What distinguishes this request from others.</param>
    /// <param name="action">Does it.</param>
    /// <exception cref="ApiProblemException">The key was used for another request.</exception>
    public T Once<T>(string caller, string? key, ReadOnlySpan<byte> request, Func<T> action)
        where T : notnull
    {
        if (string.IsNullOrEmpty(key)) return action();
        if (key.Length > MaxKeyChars) throw new ApiProblemException(ApiProblem.BadRequest("invalid_idempotency_key", $"The header {Header} may have at most {MaxKeyChars} characters."));
        var digest = SHA256.HashData(request);
        Entry entry;
        lock (_lock)
        {
            Forget();
            var name = (caller, key);
            if (!_entries.TryGetValue(name, out entry!))
            {
                _entries[name] = entry = new Entry(digest, timeProvider.GetTimestamp(), new Lazy<object>(() => action()));
                _order.Enqueue((name, entry));
            }
        }

        if (!entry.Digest.AsSpan().SequenceEqual(digest) || entry.Result.Value is not T result)
        {
            throw new ApiProblemException(ApiProblem.Create(StatusCodes.Status422UnprocessableEntity, "idempotency_key_reused", $"The {Header} was used for another request in the last 10 minutes; use a new one for each request."));
        }

        return result;
    }

    private void Forget()
    {
        while (_order.TryPeek(out var oldest) && (_order.Count >= Capacity || timeProvider.GetElapsedTime(oldest.Entry.At) > Window))
        {
            _order.Dequeue();
            _entries.Remove(oldest.Name);
        }
    }

    private sealed record Entry(byte[] Digest, long At, Lazy<object> Result);
}
