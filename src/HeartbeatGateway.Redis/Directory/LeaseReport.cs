namespace HeartbeatGateway.Redis.Directory;

/// <summary>Counts and logs what became of the lease.</summary>
internal sealed class LeaseReport(DirectoryMetrics metrics, ILogger logger)
{
    public void Renewed(LeaseRenewal renewal, string epoch)
    {
        metrics.Nodes(renewal.Nodes);
        if (renewal.IsFirst) logger.LeaseHeld(epoch, renewal.Nodes);
        if (renewal.Former is not { } former) return;
        metrics.LeaseLapsed();
        logger.LeaseLapsed(former, epoch);
    }
}
