using System.Globalization;
using HeartbeatGateway.Client.Tests.Support;

namespace HeartbeatGateway.Client.Tests;

public sealed class GatewayClientSendTests
{
    [Fact]
    public async Task Keeps_the_order_across_an_outage_and_loses_no_frame_that_was_not_written()
    {
        await using var harness = new ClientHarness();
        for (var i = 0; i < 100; i++) await SendAsync(harness, i);
        var server = await harness.ConnectAsync();
        for (var i = 0; i < 100; i++) Assert.Equal(i, await ReadAsync(server));
        server.End();
        await harness.States.UntilAsync(GatewayClientStatus.Waiting);
        for (var i = 100; i < 200; i++) await SendAsync(harness, i);
        harness.Pass(1);
        server = await harness.Network.AcceptAsync();
        await server.WelcomeAsync();
        for (var i = 100; i < 200; i++) Assert.Equal(i, await ReadAsync(server));
        Assert.Equal(200, harness.Meters["messages.sent"]);
    }

    [Fact]
    public async Task Loses_at_most_the_frames_of_the_current_write_when_the_connection_breaks()
    {
        await using var harness = new ClientHarness();
        // The gateway reads almost nothing, so the write of the first frames blocks.
        harness.Network.WriteWindow = 400;
        var server = await harness.ConnectAsync();
        for (var i = 0; i < 500; i++) await SendAsync(harness, i);
        await ReadAsync(server);
        server.Reset();
        await harness.States.UntilAsync(GatewayClientStatus.Waiting);
        harness.Network.WriteWindow = 1_000_000;
        harness.Pass(1);
        server = await harness.Network.AcceptAsync();
        await server.WelcomeAsync();
        var first = await ReadAsync(server);
        Assert.InRange(first, 1, 60);
        for (var i = first + 1; i < 500; i++) Assert.Equal(i, await ReadAsync(server));
    }

    [Fact]
    public async Task Dates_frames_when_they_are_sent()
    {
        await using var harness = new ClientHarness();
        await SendAsync(harness, 1);
        harness.Pass(3600);
        var server = await harness.ConnectAsync();
        Assert.Equal("2026-11-22 11:00:00", (await server.ReadAsync("message")).Created);
    }

    [Fact]
    public async Task Copies_the_buffer_of_the_caller()
    {
        await using var harness = new ClientHarness();
        var buffer = "first"u8.ToArray();
        await harness.Client.SendAsync("message", buffer);
        "other"u8.CopyTo(buffer);
        var server = await harness.ConnectAsync();
        Assert.Equal("first", (await server.ReadAsync("message")).Text);
    }

    [Fact]
    public async Task Sends_a_large_frame_completely()
    {
        await using var harness = new ClientHarness(ClientHarness.Options with { SendQueueBytes = 5_000_000, MaxContentBytes = 4_000_000 });
        harness.Network.WriteWindow = 10_000;
        var server = await harness.ConnectAsync();
        var content = new byte[4_000_000];
        new Random(1).NextBytes(content);
        await harness.Client.SendAsync("firmware", content);
        await SendAsync(harness, 1);
        Assert.Equal(content, (await server.ReadAsync("firmware")).Content);
        Assert.Equal(1, await ReadAsync(server));
    }

    [Theory]
    [InlineData("ping")]
    [InlineData("hello")]
    [InlineData("welcome")]
    [InlineData("close")]
    [InlineData(" ping\n")]
    public async Task Rejects_the_types_that_are_reserved_by_the_protocol(string type)
    {
        await using var harness = new ClientHarness();
        var exception = Assert.Throws<ArgumentException>(() => harness.Client.TrySend(type, default));
        Assert.Contains("reserved by the protocol", exception.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(async () => await harness.Client.SendAsync(type, default));
    }

    [Fact]
    public async Task Rejects_a_frame_that_can_never_be_sent()
    {
        await using var harness = new ClientHarness(ClientHarness.Options with { SendQueueBytes = 1000 });
        Assert.Throws<ArgumentException>(() => harness.Client.TrySend(new string('x', 51), default));
        Assert.Throws<ArgumentException>(() => harness.Client.TrySend(new string('é', 26), default));
        Assert.Throws<ArgumentException>(() => harness.Client.TrySend("message", new byte[1000 - 157]));
        Assert.Throws<ArgumentNullException>(() => harness.Client.TrySend(null!, default));
        Assert.True(harness.Client.TrySend(new string('é', 25), new byte[1000 - 158]));
        Assert.False(harness.Client.TrySend("message", default));
    }

    [Fact]
    public async Task Counts_the_frames_that_a_full_queue_drops()
    {
        var options = ClientHarness.Options with { SendQueueCapacity = 10, SendQueueFullMode = SendQueueFull.DropOldest };
        await using (var harness = new ClientHarness(options))
        {
            for (var i = 0; i < 25; i++) await SendAsync(harness, i);
            Assert.Equal(15, harness.Meters["messages.dropped|queue=send"]);
            var server = await harness.ConnectAsync();
            Assert.Equal(15, await ReadAsync(server));
        }
    }

    [Fact]
    public async Task Keeps_the_newest_messages_and_stays_connected_when_the_application_reads_none()
    {
        await using var harness = new ClientHarness(ClientHarness.Options with { ReceiveQueueCapacity = 10 });
        var server = await harness.ConnectAsync();
        for (var i = 0; i < 1000; i++) await server.SendAsync("message", i.ToString(CultureInfo.InvariantCulture));
        await Wait.UntilAsync(() => harness.Meters["messages.received"] == 1000, "all messages were received");
        Assert.Equal(990, harness.Meters["messages.dropped|queue=receive"]);
        var expected = 990;
        await foreach (var message in harness.Client.ReadMessagesAsync())
        {
            Assert.Equal(expected++, int.Parse(message.Content.Span, CultureInfo.InvariantCulture));
            if (expected == 1000) break;
        }
    }

    private static ValueTask SendAsync(ClientHarness harness, int number) => harness.Client.SendAsync("message", BitConverter.GetBytes(number));

    private static async Task<int> ReadAsync(ServerConnection server)
    {
        ClientFrame frame;
        do frame = await server.ReadAsync();
        while (frame.Type is "ping");
        Assert.Equal("message", frame.Type);
        return BitConverter.ToInt32(frame.Content);
    }
}
