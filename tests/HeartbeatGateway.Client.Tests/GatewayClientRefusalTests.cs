using HeartbeatGateway.Client.Tests.Support;
using HeartbeatGateway.Protocol;

namespace HeartbeatGateway.Client.Tests;

/// <summary>Each call on a stopped client fails with an exception whose stack trace does not grow over repeated calls.</summary>
public sealed class GatewayClientRefusalTests
{
    [Fact]
    public async Task Exceptions_do_not_grow_after_a_close_without_retry()
    {
        await using var harness = new ClientHarness();
        var server = await harness.ConnectAsync();
        await server.SendCloseAsync(CloseReason.Banned, retry: false);
        await harness.States.UntilAsync(GatewayClientStatus.Stopped);
        await AssertConstantAsync<GatewayClosedException>(() => harness.Client.SendAsync("message", default).AsTask());
        await AssertConstantAsync<GatewayClosedException>(async () =>
        {
            await foreach (var _ in harness.Client.ReadMessagesAsync()) Assert.Fail("No message was expected.");
        });
    }

    [Fact]
    public async Task Exceptions_do_not_grow_after_dispose()
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
