using System.Net;
using HeartbeatGateway.Client.Reconnecting;
using HeartbeatGateway.Client.Tests.Support;
using HeartbeatGateway.Protocol;

namespace HeartbeatGateway.Client.Tests.Reconnecting;

public sealed class AddressRaceTests
{
    private static readonly IPEndPoint Hole = new(IPAddress.Parse("192.0.2.1"), 1);
    private static readonly IPEndPoint Good = new(IPAddress.Parse("192.0.2.2"), 1);

    [Fact]
    public async Task An_address_that_never_answers_costs_the_attempt_delay_and_the_good_one_is_tried_first_afterwards()
    {
        await using var harness = Harness();
        harness.Client.Start();
        await Wait.UntilAsync(() => harness.Network.Tried.Count == 1, "the first address is tried");
        await Wait.SettleAsync();
        harness.Pass(AddressRace.AttemptDelay - TimeSpan.FromMilliseconds(1));
        Assert.Single(harness.Network.Tried);
        // The delay may begin a little after the first address was tried.
        for (var i = 0; i < 100 && harness.Network.Tried.Count == 1; i++)
        {
            harness.Pass(0.001);
            await Wait.SettleAsync();
        }

        var server = await harness.Network.AcceptAsync();
        Assert.Equal(Good, server.Client.RemoteEndPoint);
        await server.WelcomeAsync();
        Assert.Equal(Good, (await harness.States.UntilAsync(GatewayClientStatus.Connected)).Endpoint);

        server.Reset();
        harness.Pass((await harness.States.UntilAsync(GatewayClientStatus.Waiting)).RetryAfter!.Value);
        await harness.Network.AcceptAsync();
        Assert.Equal([Hole, Good, Good], harness.Network.Tried.Select(a => a.EndPoint));
    }

    [Fact]
    public async Task The_order_is_random_again_after_the_gateway_has_sent_the_client_away()
    {
        await using var harness = Harness();
        harness.Network.Connecting = null;
        harness.Client.Start();
        var server = await harness.Network.AcceptAsync();
        await server.WelcomeAsync();
        await harness.States.UntilAsync(GatewayClientStatus.Connected);
        harness.Random.Swap = true;
        await server.SendCloseAsync(CloseReason.Draining, after: TimeSpan.Zero);
        Assert.Equal(Good, (await harness.Network.AcceptAsync()).Client.RemoteEndPoint);
    }

    private static ClientHarness Harness()
    {
        var harness = new ClientHarness(ClientHarness.Options with { Endpoints = [Hole, Good] });
        harness.Network.Connecting = (address, cancellationToken) =>
            address.EndPoint.Equals(Hole) ? Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken) : Task.CompletedTask;
        return harness;
    }
}
