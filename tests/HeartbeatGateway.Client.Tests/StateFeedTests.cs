namespace HeartbeatGateway.Client.Tests;

public sealed class StateFeedTests
{
    [Fact]
    public async Task After_stopped_nothing_changes_and_nobody_is_told()
    {
        var told = new List<GatewayClientStatus>();
        var feed = new StateFeed(new GatewayClientState(), TimeProvider.System, state => told.Add(state.Status));
        feed.Change(state => state with { Status = GatewayClientStatus.Connected });
        feed.Change(state => state with { Status = GatewayClientStatus.Stopped });
        // An answer that was on its way when the client was disposed.
        feed.Change(state => state with { Status = GatewayClientStatus.Connected });
        Assert.Equal(GatewayClientStatus.Stopped, feed.Current.Status);
        Assert.Equal([GatewayClientStatus.Connected, GatewayClientStatus.Stopped], told);
        var seen = new List<GatewayClientStatus>();
        await foreach (var state in feed.WatchAsync(default)) seen.Add(state.Status);
        Assert.Equal([GatewayClientStatus.Stopped], seen);
    }
}
