using System.Net;

namespace HeartbeatGateway.Client.Transport;

/// <summary>
/// Resolves names, with one lookup in flight for each name. The system's resolver cannot be interrupted, and the runtime runs the lookups of
/// one name one after another, so many clients of one name would queue behind each other and behind abandoned lookups. All callers share the
/// lookup in flight. Each caller's wait can be cancelled; the lookup itself goes on for the others and for the next caller.
/// </summary>
internal sealed class SharedNameLookup(Func<string, Task<IPAddress[]>> resolve)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Task<IPAddress[]>> _inFlight = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The lookups of all clients in this process.</summary>
    public static SharedNameLookup OfProcess { get; } = new(static name => Dns.GetHostAddressesAsync(name, CancellationToken.None));

    public Task<IPAddress[]> ResolveAsync(string name, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return Task.FromCanceled<IPAddress[]>(cancellationToken);
        Task<IPAddress[]>? lookup;
        lock (_lock)
        {
            if (!_inFlight.TryGetValue(name, out lookup)) _inFlight[name] = lookup = RunAsync(name);
        }

        return lookup.WaitAsync(cancellationToken);
    }

    private Task<IPAddress[]> RunAsync(string name)
    {
        // Task.Run: the resolver must not run under the lock.
        var running = Task.Run(async () =>
        {
            try
            {
                return await resolve(name).ConfigureAwait(false);
            }
            finally
            {
                lock (_lock) _inFlight.Remove(name);
            }
        });
        // When every wait was cancelled, nothing awaits this task: its exception is observed here.
        _ = running.ContinueWith(
            static task => _ = task.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return running;
    }
}
