using HeartbeatGateway.Client.Tests.Support;

namespace HeartbeatGateway.Client.Tests.Acknowledgements;

/// <summary>Numbered messages of the gateway are acknowledged when they are in the inbox; the application sees each once.</summary>
public sealed class ReceivingTests
{
    [Fact]
    public async Task The_first_frame_after_the_welcome_is_an_acknowledgement()
    {
        await using var harness = new ClientHarness(ClientHarness.Acknowledged);
        for (var i = 0; i < 100; i++) await harness.Client.SendAsync("message", default);
        harness.Client.Start();
        var server = await harness.Network.AcceptAsync();
        // Checks that the acknowledgement comes first.
        Assert.Equal(0, (await server.GrantAsync()).Received);
    }

    [Fact]
    public async Task All_messages_of_one_read_are_acknowledged_by_one_frame()
    {
        await using var harness = new ClientHarness(ClientHarness.Acknowledged);
        var server = await harness.GrantAsync();
        await server.SendRawAsync(Enumerable.Range(1, 5).SelectMany(i => server.EncodeNumbered("message", $"{i}", i)).ToArray());
        Assert.Equal(5, await AcknowledgedAsync(server));
        await harness.Client.SendAsync("message", default);
        Assert.Equal("message", (await server.ReadAsync()).Type);
        var seen = await ReadAsync(harness, 5);
        Assert.Equal([1, 2, 3, 4, 5], seen.Select(m => m.Number));
        Assert.Equal(["1", "2", "3", "4", "5"], seen.Select(Text));
    }

    [Fact]
    public async Task A_duplicate_is_dropped_counted_and_acknowledged_again_and_a_gap_is_accepted()
    {
        await using var harness = new ClientHarness(ClientHarness.Acknowledged);
        var server = await harness.GrantAsync();
        foreach (var number in (long[])[1, 2, 2, 1, 5, 4])
        {
            await server.SendNumberedAsync("message", $"{number}", number);
            await AcknowledgedAsync(server);
        }

        await server.SendAsync("message", "broadcast");
        var seen = await ReadAsync(harness, 4);
        Assert.Equal([1, 2, 5, null], seen.Select(m => m.Number));
        Assert.Equal(3, harness.Client.Acknowledgements.Duplicates);
        Assert.Equal(3, harness.Meters["messages.duplicate"]);
        Assert.Equal(4, harness.Meters["messages.received"]);
        Assert.False(server.TryTake(out _));
    }

    [Fact]
    public async Task The_number_lasts_across_connections_and_begins_again_with_another_numbering()
    {
        await using var harness = new ClientHarness(ClientHarness.Acknowledged with { BackoffResetAfter = TimeSpan.Zero });
        var server = await harness.GrantAsync();
        await server.SendNumberedAsync("message", "a", 7);
        Assert.Equal(7, await AcknowledgedAsync(server));
        await harness.CutAsync(server);
        var again = await harness.Network.AcceptAsync();
        Assert.Equal(7, (await again.GrantAsync(2000)).Received);
        await again.SendNumberedAsync("message", "a", 7);
        await again.SendNumberedAsync("message", "b", 8);
        while (await AcknowledgedAsync(again) < 8)
        {
            // The duplicate may come with a read of its own.
        }

        await harness.CutAsync(again);
        var other = await harness.Network.AcceptAsync();
        Assert.Equal(0, (await other.GrantAsync(3000, pushes: "pushes-2")).Received);
        await other.SendNumberedAsync("message", "c", 1);
        Assert.Equal(1, await AcknowledgedAsync(other));
        Assert.Equal(["a", "b", "c"], (await ReadAsync(harness, 3)).Select(Text));
    }

    [Theory]
    [InlineData(" n=1 g=999", "the generation 999")]
    [InlineData(" n=0 g=1000", "the number 0")]
    [InlineData(" n=1 g=", "malformed")]
    [InlineData(" n=x g=1000", "malformed")]
    [InlineData(" n=1 g=1000 more", "malformed")]
    public async Task A_wrong_number_is_a_violation(string afterDate, string cause)
    {
        await using var harness = new ClientHarness(ClientHarness.Acknowledged);
        var server = await harness.GrantAsync();
        await server.SendWithCreatedAsync("message", "x", afterDate);
        var end = (await harness.States.UntilAsync(GatewayClientStatus.Waiting)).LastDisconnect!;
        Assert.Equal(DisconnectKind.ProtocolViolation, end.Kind);
        Assert.Contains(cause, end.Message, StringComparison.Ordinal);
        Assert.Equal(0, harness.Meters["messages.received"]);
    }

    [Fact]
    public async Task Other_text_after_the_date_is_ignored()
    {
        await using var harness = new ClientHarness(ClientHarness.Acknowledged);
        var server = await harness.GrantAsync();
        await server.SendWithCreatedAsync("message", "x", ".123 Z");
        Assert.Null((await ReadAsync(harness, 1))[0].Number);
    }

    [Fact]
    public async Task With_Wait_only_what_is_in_the_inbox_is_acknowledged()
    {
        await using var harness = new ClientHarness(
            ClientHarness.Acknowledged with { ReceiveQueueCapacity = 2, ReceiveQueueFullMode = ReceiveQueueFull.Wait });
        var server = await harness.GrantAsync();
        await server.SendRawAsync(Enumerable.Range(1, 5).SelectMany(i => server.EncodeNumbered("message", $"{i}", i)).ToArray());
        Assert.Equal(2, await AcknowledgedAsync(server));
        await Wait.SettleAsync();
        Assert.False(server.TryTake(out _));
        await using var messages = harness.Client.ReadMessagesAsync().GetAsyncEnumerator();
        for (var i = 1; i <= 5; i++)
        {
            Assert.True(await messages.MoveNextAsync().AsTask().WaitAsync(Wait.Limit));
            Assert.Equal(i, messages.Current.Number);
            if (i <= 3) Assert.Equal(i + 2, await AcknowledgedAsync(server));
        }
    }

    [Theory]
    [InlineData(ReceiveQueueFull.DropOldest, 4)]
    [InlineData(ReceiveQueueFull.DropNewest, 1)]
    public async Task A_message_that_a_full_inbox_drops_is_acknowledged_and_reported(ReceiveQueueFull mode, int kept)
    {
        await using var harness = new ClientHarness(ClientHarness.Acknowledged with { ReceiveQueueCapacity = 1, ReceiveQueueFullMode = mode });
        var server = await harness.GrantAsync();
        for (var i = 1; i <= 4; i++)
        {
            await server.SendNumberedAsync("message", $"{i}", i);
            Assert.Equal(i, await AcknowledgedAsync(server));
        }

        Assert.Equal(3, harness.Client.CountDropped(MessageDropReason.ReceiveQueueFull));
        Assert.Equal(kept, (await ReadAsync(harness, 1))[0].Number);
    }

    [Fact]
    public async Task A_message_that_a_dispose_drops_is_not_acknowledged()
    {
        await using var harness = new ClientHarness(
            ClientHarness.Acknowledged with { ReceiveQueueCapacity = 1, ReceiveQueueFullMode = ReceiveQueueFull.Wait });
        var server = await harness.GrantAsync();
        await harness.Client.SendAsync("message", default);
        await server.ReadAsync("message");
        await server.SendRawAsync(Enumerable.Range(1, 3).SelectMany(i => server.EncodeNumbered("message", $"{i}", i)).ToArray());
        Assert.Equal(1, await AcknowledgedAsync(server));
        // The message that is not acknowledged keeps the connection open.
        var disposing = harness.Client.DisposeAsync().AsTask();
        await Wait.UntilAsync(() => harness.Client.CountDropped(MessageDropReason.ReceiveQueueFull) == 2, "the waiting messages are dropped");
        await server.SendAckAsync(1);
        Assert.All((await server.ReadToEndAsync()).Where(f => f.Type == "ack"), f => Assert.Equal(1, f.Number!.Value.Number));
        server.End();
        await disposing.WaitAsync(Wait.Limit);
    }

    private static async Task<long> AcknowledgedAsync(ServerConnection server)
    {
        var frame = await server.ReadAsync("ack");
        Assert.Equal((server.Generation, 0), (frame.Number!.Value.Generation, frame.Content.Length));
        return frame.Number.Value.Number;
    }

    private static string Text(GatewayClientMessage message) => System.Text.Encoding.UTF8.GetString(message.Content.Span);

    private static async Task<List<GatewayClientMessage>> ReadAsync(ClientHarness harness, int count)
    {
        var seen = new List<GatewayClientMessage>();
        using var limit = new CancellationTokenSource(Wait.Limit);
        await foreach (var message in harness.Client.ReadMessagesAsync(limit.Token))
        {
            seen.Add(message);
            if (seen.Count == count) break;
        }

        return seen;
    }
}
