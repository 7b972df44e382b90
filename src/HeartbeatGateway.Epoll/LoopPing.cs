namespace HeartbeatGateway.Epoll;

/// <summary>A question that a loop answers when it gets to it. At most one waits, whatever the number of callers, and none takes memory while none waits.</summary>
internal struct LoopPing
{
    private TaskCompletionSource? _asked;

    /// <summary>Whether an answer is waited for.</summary>
    public readonly bool IsAsked => Volatile.Read(in _asked) is not null;

    /// <summary>Asks. The caller wakes the loop afterwards.</summary>
    /// <returns>Completes with the answer, on the thread pool. Callers that ask before it get the same one.</returns>
    public Task Ask()
    {
        if (Volatile.Read(ref _asked) is { } earlier) return earlier.Task;
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return (Interlocked.CompareExchange(ref _asked, asked, null) ?? asked).Task;
    }

    /// <summary>Answers what was asked until now.</summary>
    public void Answer() => Interlocked.Exchange(ref _asked, null)?.TrySetResult();
}
