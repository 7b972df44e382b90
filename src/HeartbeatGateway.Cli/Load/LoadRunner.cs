using System.Text;
using HeartbeatGateway.Client;

namespace HeartbeatGateway.Cli.Load;

/// <summary>Starts clients at a steady rate, holds the load, sends messages evenly, and lets all say goodbye.</summary>
internal sealed class LoadRunner(LoadPlan plan, GatewayClientOptions options, LoadStatistics statistics, TimeProvider time)
{
    // Fine enough for an even ramp, coarse enough to cost nothing.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);

    private const int GoodbyesAtOnce = 500;

    private readonly List<LoadClient> _clients = new(plan.Clients);
    private readonly byte[] _content = Encoding.ASCII.GetBytes(new string('x', plan.MessageBytes));
    private long _messages;

    /// <summary>How long the run takes when nobody interrupts it.</summary>
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

    /// <summary>Lets every client say goodbye.</summary>
    public Task StopAsync()
    {
        statistics.End();
        return Parallel.ForEachAsync(_clients, new ParallelOptions { MaxDegreeOfParallelism = GoodbyesAtOnce }, async (client, _) => await client.DisposeAsync());
    }

    private void StartClients(TimeSpan elapsed)
    {
        while (_clients.Count < plan.Clients && plan.StartOf(_clients.Count) <= elapsed)
        {
            var number = _clients.Count;
            var client = new LoadClient(
                options with
                {
                    ClientId = plan.ClientIdPrefix is null ? null : $"{plan.ClientIdPrefix}{number}",
                    LocalAddress = plan.Sources is { } sources ? SourceAddress.Of(number % sources) : null,
                },
                statistics,
                time);
            _clients.Add(client);
            client.Start();
        }
    }

    /// <summary>Message by message around all clients, so that each sends in its own moment and the sum is even.</summary>
    private void SendMessages(TimeSpan elapsed)
    {
        if (plan.MessageEvery is not { } every) return;
        var rampEnd = plan.StartOf(plan.Clients - 1);
        if (elapsed < rampEnd) return;
        var due = (long)((elapsed - rampEnd) / every * plan.Clients);
        for (; _messages < due; _messages++) _clients[(int)(_messages % _clients.Count)].Send(_content);
    }
}
