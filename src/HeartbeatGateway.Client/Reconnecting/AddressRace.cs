using HeartbeatGateway.Client.Transport;

namespace HeartbeatGateway.Client.Reconnecting;

/// <summary>
/// Connects to the first of several addresses that answers, as in RFC 8305: the next address is tried when the previous one has failed, or
/// has not answered within <see cref="AttemptDelay"/>. The first TCP connection wins, and the other attempts are cancelled. An address that
/// never answers therefore costs a fraction of a second, not the whole connect timeout.
/// </summary>
internal sealed class AddressRace(ITransportFactory transports, TimeProvider timeProvider)
{
    /// <summary>The Connection Attempt Delay of RFC 8305, section 5.</summary>
    public static readonly TimeSpan AttemptDelay = TimeSpan.FromMilliseconds(250);

    /// <summary>Connects to one of the addresses. Removes from the list the addresses that failed, and the winner.</summary>
    /// <param name="addresses">The addresses in the order in which they are tried; at least one.</param>
    /// <param name="trying">Called before each attempt.</param>
    /// <param name="failed">Called for each failed attempt.</param>
    /// <param name="cancellationToken">Cancels all attempts.</param>
    /// <returns>The winner; null when all failed.</returns>
    public async Task<(GatewayAddress Address, ClientTransport Transport)?> RunAsync(
        List<GatewayAddress> addresses, Action<GatewayAddress> trying, Action<TransportException> failed, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var waiting = new Queue<GatewayAddress>(addresses);
        var running = new List<(GatewayAddress Address, Task<ClientTransport> Task)>();
        try
        {
            while (waiting.Count > 0 || running.Count > 0)
            {
                if (waiting.TryDequeue(out var next))
                {
                    trying(next);
                    running.Add((next, ConnectAsync(next, over.Token)));
                }

                var finished = await FirstAsync(running.ConvertAll(r => r.Task), mayStartAnother: waiting.Count > 0, over.Token).ConfigureAwait(false);
                if (finished is null) continue;
                var (address, task) = running.Find(r => r.Task == finished);
                running.RemoveAll(r => r.Task == finished);
                addresses.Remove(address);
                try
                {
                    return (address, await task.ConfigureAwait(false));
                }
                catch (TransportException e)
                {
                    failed(e);
                }
            }

            return null;
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(false);
            foreach (var (_, task) in running) await AbandonAsync(task).ConfigureAwait(false);
        }
    }

    private async Task<ClientTransport> ConnectAsync(GatewayAddress address, CancellationToken cancellationToken) =>
        await transports.ConnectAsync(address, cancellationToken).ConfigureAwait(false);

    /// <summary>Returns the first attempt that has finished; null when the delay has passed before.</summary>
    private async Task<Task<ClientTransport>?> FirstAsync(List<Task<ClientTransport>> running, bool mayStartAnother, CancellationToken cancellationToken)
    {
        var any = Task.WhenAny(running);
        if (!mayStartAnother) return await any.ConfigureAwait(false);
        try
        {
            return await any.WaitAsync(AttemptDelay, timeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    /// <summary>Waits for the end of an attempt that has lost the race, and closes its connection if it was made after all.</summary>
    private static async Task AbandonAsync(Task<ClientTransport> attempt)
    {
        await ((Task)attempt).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (attempt.IsCompletedSuccessfully) await (await attempt.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
        else _ = attempt.Exception;
    }
}
