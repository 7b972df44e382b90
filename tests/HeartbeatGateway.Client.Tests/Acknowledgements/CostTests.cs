using System.Runtime.CompilerServices;
using HeartbeatGateway.Client.Queues;
using HeartbeatGateway.Client.Tests.Support;
using HeartbeatGateway.Protocol.Identity;

namespace HeartbeatGateway.Client.Tests.Acknowledgements;

/// <summary>A client without acknowledgements allocates and sends what it did before there were any.</summary>
public sealed class CostTests
{
    [Fact]
    public async Task Without_the_option_the_frames_are_unchanged()
    {
        await using var harness = new ClientHarness();
        await harness.Client.SendAsync("message", "x"u8.ToArray());
        harness.Client.Start();
        var server = await harness.Network.AcceptAsync();
        var hello = await server.WelcomeAsync();
        Assert.Equal([ProtocolFeatures.Close], hello.Features);
        Assert.Null(hello.Sent);
        // The first frame after the welcome is the message: no acknowledgement is sent.
        Assert.Equal("2026-11-22 10:00:00", (await server.ReadAsync("message")).Created);
        await server.SendNumberedAsync("message", "x", 1, generation: 1);
        await harness.RoundTripsAsync(1);
        await Wait.UntilAsync(() => harness.Meters["messages.received"] == 1, "the message was received");
        Assert.False(server.TryTake(out _));
    }

    [Fact]
    public async Task Without_the_option_a_message_to_send_allocates_its_type_and_content_only()
    {
        await using var harness = new ClientHarness();
        var content = new byte[16];
        // The queue has an array of 256 frames then.
        for (var i = 0; i < 200; i++) harness.Client.TrySend("message", content);
        var least = long.MaxValue;
        for (var i = 0; i < 3; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var j = 0; j < 10; j++) harness.Client.TrySend("message", content);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(10 * (32 + 40), least);
        Assert.Equal(32, Unsafe.SizeOf<OutgoingFrame>());
    }

    [Fact]
    public void A_received_message_is_as_large_as_without_a_number()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var message = new GatewayClientMessage("message", default, DateTimeOffset.UnixEpoch) { Number = 5 };
        // Header and method table 16, text 8, content 16, time 16.
        Assert.Equal(56, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal((5L, DateTimeOffset.UnixEpoch), (message.Number, message.ReceivedAt));
        Assert.Equal(message, message with { });
        Assert.NotEqual(message, message with { Number = null });
        var (type, _, at) = message;
        Assert.Equal(("message", DateTimeOffset.UnixEpoch), (type, at));
    }
}
