using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Cluster;

/// <summary>Follows the presence events of all nodes, once for all readers of this node.</summary>
internal sealed class ClusterEventFollower(ICluster cluster, NodeQuestions nodes, ClusterEventLog log, TimeProvider timeProvider, ILogger<ClusterEventFollower> logger) : BackgroundService
{
    /// <summary>The pause before another attempt.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private bool _hasFailed;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!nodes.IsCluster) return;
        while (!stoppingToken.IsCancellationRequested)
        {
            await FollowAsync(stoppingToken);
            await Task.Delay(RetryAfter, timeProvider, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>An exception here would otherwise stop the gateway, with all its clients.</summary>
    private async Task FollowAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var e in cluster.FollowEventsAsync(stoppingToken))
            {
                _hasFailed = false;
                log.Append(e);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return;
        }
        catch (Exception e)
        {
            if (!_hasFailed) logger.ClusterEventsFailed(e);
            _hasFailed = true;
        }

        log.MarkGap();
    }
}
