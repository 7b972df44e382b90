namespace HeartbeatGateway.Client.Tests;

public sealed class StateFeedTests
{
    [Fact]
    public async Task Publishes_no_change_after_stopped()
    {
        var published = new List<GatewayClientStatus>();
        var feed = new StateFeed(new GatewayClientState(), TimeProvider.System, state => published.Add(state.Status));
        feed.Change(state => state with { Status = GatewayClientStatus.Connected });
        feed.Change(state => state with { Status = GatewayClientStatus.Stopped });
        // As for an answer that arrives after the client was disposed.
        feed.Change(state => state with { Status = GatewayClientStatus.Connected });
        Assert.Equal(GatewayClientStatus.Stopped, feed.Current.Status);
        Assert.Equal([GatewayClientStatus.Connected, GatewayClientStatus.Stopped], published);
        var seen = new List<GatewayClientStatus>();
        await foreach (var state in feed.WatchAsync(default)) seen.Add(state.Status);
        Assert.Equal([GatewayClientStatus.Stopped], seen);
    }
}
