using System.Text;
using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Client;

namespace HeartbeatGateway.Cli.Load;

/// <summary>Starts clients at a steady rate, keeps them connected, sends messages evenly, and closes all clients gracefully.</summary>
internal sealed class LoadRunner(LoadPlan plan, GatewayClientOptions options, LoadStatistics statistics, TimeProvider time)
{
    // Short enough for an even ramp, long enough for a negligible cost.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);

    private const int MaxConcurrentCloses = 500;

    private readonly List<LoadClient> _clients = new(plan.Clients);
    private readonly byte[] _content = Encoding.ASCII.GetBytes(new string('x', plan.MessageBytes));
    private long _messages;

    /// <summary>The length of the run when it is not interrupted.</summary>
    public TimeSpan Length => plan.StartOf(plan.Clients - 1) + plan.Duration;

    /// <summary>Runs to the end, or until it is cancelled.</summary>
    /// <returns>True when it was not cancelled.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellation)
    {
        using var ticks = new PeriodicTimer(Tick, time);
        var wasFinished = true;
        try
        {
            while (statistics.Elapsed is var elapsed && elapsed < Length)
            {
                StartClients(elapsed);
                SendMessages(elapsed);
                await ticks.WaitForNextTickAsync(cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            wasFinished = false;
        }

        return wasFinished;
    }

    /// <summary>Closes every client gracefully.</summary>
    public Task StopAsync()
    {
        statistics.End();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = MaxConcurrentCloses };
        return Parallel.ForEachAsync(_clients, parallel, async (client, _) => await client.DisposeAsync());
    }

    /// <summary>What became of the messages; after <see cref="StopAsync"/>.</summary>
    public LoadDelivery Delivery() => LoadDelivery.Of(statistics.Sent, [.. _clients.Select(c => c.Acknowledgements)], statistics.AcknowledgementTime);

    private void StartClients(TimeSpan elapsed)
    {
        while (_clients.Count < plan.Clients && plan.StartOf(_clients.Count) <= elapsed)
        {
            var number = _clients.Count;
            var clientId = plan.ClientIdPrefix is null ? null : $"{plan.ClientIdPrefix}{number}";
            var client = new LoadClient(
                (plan.PerClient ? ClientSecret.For(options, clientId) : options with { ClientId = clientId }) with
                {
                    LocalAddress = plan.Sources is { } sources ? SourceAddress.Of(number % sources) : null,
                },
                statistics,
                time);
            _clients.Add(client);
            client.Start();
        }
    }

    /// <summary>Sends messages in rotation over all clients, so that the total rate is even over time.</summary>
    private void SendMessages(TimeSpan elapsed)
    {
        if (plan.MessageEvery is not { } every) return;
        var rampEnd = plan.StartOf(plan.Clients - 1);
        if (elapsed < rampEnd) return;
        var due = (long)((elapsed - rampEnd) / every * plan.Clients);
        for (; _messages < due; _messages++) _clients[(int)(_messages % _clients.Count)].Send(_content);
    }
}
