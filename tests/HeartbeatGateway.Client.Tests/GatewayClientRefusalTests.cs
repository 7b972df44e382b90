using HeartbeatGateway.Client.Tests.Support;
using HeartbeatGateway.Protocol;

namespace HeartbeatGateway.Client.Tests;

/// <summary>A program that goes on using a client that has ended is told so each time, and told no more the hundredth time than the first.</summary>
public sealed class GatewayClientRefusalTests
{
    [Fact]
    public async Task Refusals_do_not_grow_after_the_gateways_last_word()
    {
        await using var harness = new ClientHarness();
        var server = await harness.ConnectAsync();
        await server.SendCloseAsync(CloseReason.Banned, retry: false);
        await harness.States.UntilAsync(GatewayClientStatus.Stopped);
        await AssertConstantAsync<GatewayClosedException>(() => harness.Client.SendAsync("message", default).AsTask());
        await AssertConstantAsync<GatewayClosedException>(async () =>
        {
            await foreach (var _ in harness.Client.ReadMessagesAsync()) Assert.Fail("There is no message.");
        });
    }

    [Fact]
    public async Task Refusals_do_not_grow_after_the_client_was_disposed()
    {
        await using var harness = new ClientHarness();
        await harness.DisposeAsync();
        await AssertConstantAsync<ObjectDisposedException>(() => harness.Client.SendAsync("message", default).AsTask());
    }

    private static async Task AssertConstantAsync<TException>(Func<Task> use)
        where TException : Exception
    {
        var lengths = new List<int>();
        for (var i = 0; i < 20; i++) lengths.Add((await Assert.ThrowsAsync<TException>(use)).StackTrace!.Length);
        Assert.Single(lengths.Distinct());
    }
}
