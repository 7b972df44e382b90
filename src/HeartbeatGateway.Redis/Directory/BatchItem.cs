namespace HeartbeatGateway.Redis.Directory;

/// <summary>An operation in a <see cref="BatchQueue{TItem,TAnswer}"/>.</summary>
internal sealed class BatchItem<TItem, TAnswer>(TItem item)
{
    private const int IsWaiting = 0;
    private const int IsSent = 1;
    private const int IsGivenUp = 2;

    private readonly TaskCompletionSource<TAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _state = IsWaiting;

    public TItem Item => item;

    /// <summary>Completes with the answer, or with what the call threw.</summary>
    public Task<TAnswer> Answer => _answer.Task;

    /// <summary>The caller does not wait any longer.</summary>
    /// <returns>True when it was not sent, and will not be. False when an answer may still come.</returns>
    public bool GiveUp() => Interlocked.CompareExchange(ref _state, IsGivenUp, IsWaiting) == IsWaiting;

    public bool TrySend() => Interlocked.CompareExchange(ref _state, IsSent, IsWaiting) == IsWaiting;

    public void Complete(TAnswer answer) => _answer.TrySetResult(answer);

    public void Fail(Exception e) => _answer.TrySetException(e);
}
