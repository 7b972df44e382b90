using System.Security.Cryptography;

namespace HeartbeatGateway.Api.Messages;

/// <summary>
/// Remembers the results of requests that named an idempotency key, so that a caller may repeat a request whose answer it missed. Bounded: beyond
/// the bounds the oldest are forgotten first. What brought nothing about is not remembered: the caller may try again. Thread-safe.
/// </summary>
internal sealed class IdempotencyCache(TimeProvider timeProvider)
{
    public const string Header = "Idempotency-Key";

    /// <summary>The longest key, in characters.</summary>
    public const int MaxKeyChars = 128;

    /// <summary>The most requests that are remembered.</summary>
    public const int Capacity = 10_000;

    /// <summary>The most messages of these requests: one for each client id of a request.</summary>
    public const int MaxMessages = 100_000;

    /// <summary>How long a result is remembered.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    private readonly Dictionary<(string Caller, string Key), Entry> _entries = [];
    private readonly Queue<((string Caller, string Key) Name, Entry Entry)> _order = new();
    private readonly Lock _lock = new();
    private int _messages;

    /// <summary>Does something once for each caller and key; a repetition gets the result of the first time.</summary>
    /// <param name="caller">The caller's id: callers do not see each other's keys.</param>
    /// <param name="key">The key; null does it in any case.</param>
    /// <param name="request">What distinguishes this request from others.</param>
    /// <param name="action">Does it.</param>
    /// <param name="isDone">False for a result that brought nothing about: a repetition does it again.</param>
    /// <param name="messages">How many messages the result stands for.</param>
    /// <exception cref="ApiProblemException">The key was used for another request.</exception>
    public async Task<T> OnceAsync<T>(string caller, string? key, ReadOnlyMemory<byte> request, Func<Task<T>> action, Func<T, bool> isDone, int messages = 1)
        where T : notnull
    {
        if (string.IsNullOrEmpty(key)) return await action();
        if (key.Length > MaxKeyChars) throw new ApiProblemException(ApiProblem.BadRequest("invalid_idempotency_key", $"The header {Header} may have at most {MaxKeyChars} characters."));
        var digest = SHA256.HashData(request.Span);
        var name = (caller, key);
        Entry entry;
        var isFirst = false;
        lock (_lock)
        {
            Forget(messages);
            if (!_entries.TryGetValue(name, out entry!))
            {
                isFirst = true;
                _entries[name] = entry = new Entry(digest, timeProvider.GetTimestamp(), messages);
                _order.Enqueue((name, entry));
                _messages += messages;
            }
        }

        // A repetition that comes meanwhile waits for the first one.
        if (isFirst) await DoAsync(name, entry, action, isDone);
        if (!entry.Digest.AsSpan().SequenceEqual(digest) || await entry.Result.Task is not T result)
        {
            throw new ApiProblemException(ApiProblem.Create(StatusCodes.Status422UnprocessableEntity, "idempotency_key_reused", $"The {Header} was used for another request in the last 10 minutes; use a new one for each request."));
        }

        return result;
    }

    private async Task DoAsync<T>((string Caller, string Key) name, Entry entry, Func<Task<T>> action, Func<T, bool> isDone)
        where T : notnull
    {
        var isKept = false;
        try
        {
            var result = await action();
            isKept = isDone(result);
            entry.Result.SetResult(result);
        }
        catch (Exception e)
        {
            // The first request and all that wait for it get it.
            entry.Result.SetException(e);
        }
        finally
        {
            if (!isKept)
            {
                lock (_lock) _entries.Remove(name);
            }
        }
    }

    private void Forget(int more)
    {
        while (_order.TryPeek(out var oldest) && (_order.Count >= Capacity || _messages + more > MaxMessages || timeProvider.GetElapsedTime(oldest.Entry.At) > Window))
        {
            _order.Dequeue();
            _messages -= oldest.Entry.Messages;
            // It may have been removed before, and its key used again.
            if (_entries.TryGetValue(oldest.Name, out var entry) && entry == oldest.Entry) _entries.Remove(oldest.Name);
        }
    }

    private sealed class Entry(byte[] digest, long at, int messages)
    {
        public byte[] Digest => digest;

        public long At => at;

        public int Messages => messages;

        public TaskCompletionSource<object> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
