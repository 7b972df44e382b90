using System.Threading.Channels;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Bans;

/// <summary>
/// Reads the bans of the cluster at the start, when a change is told, and every ten seconds. Saves automatic bans when the gateway stops. A cluster that cannot be
/// reached does not stop the start.
/// </summary>
internal sealed class ClusterBanWatch(ClusterBanStore bans, IClusterBans cluster) : IHostedService
{
    // One look serves all changes that were told before it.
    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private Task _running = Task.CompletedTask;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await bans.LookAsync();
        cluster.Changed += Signal;
        _running = Task.Run(RunAsync, CancellationToken.None);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        cluster.Changed -= Signal;
        _changes.Writer.TryComplete();
        await _running;
        await bans.LookAsync();
    }

    private void Signal(object? sender, EventArgs e) => _changes.Writer.TryWrite(true);

    private async Task RunAsync()
    {
        await foreach (var _ in _changes.Reader.ReadAllAsync()) await bans.LookAsync();
    }
}
