using System.Collections.Concurrent;

namespace HeartbeatGateway.Api.Clients;

/// <summary>
/// Threads for walks over all connections, each of which takes milliseconds of processor time: on the thread pool, walks would keep closes, accepts and health
/// checks waiting. As many walks run at a time as there are threads; others wait for their turn without a thread.
/// </summary>
internal sealed class WalkThreads : IDisposable
{
    /// <summary>The most walks at a time.</summary>
    public const int Count = 2;

    private readonly SemaphoreSlim _turns = new(Count);
    private readonly BlockingCollection<Action> _walks = new(Count);

    public WalkThreads()
    {
        for (var i = 0; i < Count; i++) new Thread(Run) { IsBackground = true, Name = "client walk" }.Start();
    }

    /// <summary>Runs a walk when it is its turn. Completes when the walk has ended, cancelled or not.</summary>
    public async Task<T> RunAsync<T>(Func<T> walk, CancellationToken cancellationToken)
    {
        await _turns.WaitAsync(cancellationToken);
        try
        {
            var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
            _walks.Add(() => Complete(result, walk), CancellationToken.None);
            return await result.Task;
        }
        finally
        {
            _turns.Release();
        }
    }

    public void Dispose()
    {
        _walks.CompleteAdding();
        _turns.Dispose();
    }

    /// <summary>An exception of a walk belongs to its caller: on this thread it would end the process.</summary>
    private static void Complete<T>(TaskCompletionSource<T> result, Func<T> walk)
    {
        try
        {
            result.SetResult(walk());
        }
        catch (Exception e)
        {
            result.SetException(e);
        }
    }

    private void Run()
    {
        foreach (var walk in _walks.GetConsumingEnumerable()) walk();
    }
}
