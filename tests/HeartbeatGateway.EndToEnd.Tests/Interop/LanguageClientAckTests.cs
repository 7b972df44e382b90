using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;

namespace HeartbeatGateway.EndToEnd.Tests.Interop;

/// <summary>Tests of the clients in docs/clients.md with a scripted gateway that grants the feature <c>ack</c>.</summary>
public sealed class LanguageClientAckTests(ClientBuilds builds)
{
    private const string TenLines = "seq 1 10; sleep 600";

    public static TheoryData<string> Languages => [.. ClientBuilds.Languages];

    [Theory, MemberData(nameof(Languages))]
    public async Task It_numbers_its_messages_and_sends_again_what_is_not_acknowledged(string language)
    {
        using var gateway = new ScriptedGateway();
        await using var client = LanguageClient.Start(await builds.CommandAsync(language), gateway.Port, heartbeatSeconds: 60, inputScript: TenLines);
        var (connection, first, _) = await gateway.AcceptAsync();
        using (connection)
        {
            Assert.Contains(ProtocolFeatures.Ack, first.Features);
            Assert.NotNull(first.Instance);
            Assert.Null(first.Sent);
            await connection.SendAsync(ScriptedConnection.WelcomeWithAck(1000, accepted: null));
            await AssertAckAsync(connection, new FrameNumber(0, 1000));
            await AssertMessagesAsync(connection, 1, 10, 1000);
            await connection.SendAsync(ScriptedConnection.EncodeNumbered("ack", "", 4, 1000));
            await client.SawAsync("acknowledged through=4");
        }

        // The acknowledgement of 5 and 6 is lost with the connection. The welcome tells of it.
        (connection, var second, _) = await gateway.AcceptAsync();
        using (connection)
        {
            Assert.Equal((first.Instance, 10L), (second.Instance, second.Sent));
            await connection.SendAsync(ScriptedConnection.WelcomeWithAck(2000, accepted: 6));
            await AssertAckAsync(connection, new FrameNumber(0, 2000));
            await AssertMessagesAsync(connection, 7, 10, 2000);
        }

        // A gateway that has started again has no record of the client: nothing more is acknowledged than before.
        (connection, _, _) = await gateway.AcceptAsync();
        using (connection)
        {
            await connection.SendAsync(ScriptedConnection.WelcomeWithAck(3000, accepted: null, pushes: "numbering-2"));
            await AssertAckAsync(connection, new FrameNumber(0, 3000));
            await AssertMessagesAsync(connection, 7, 10, 3000);
            await connection.SendAsync(ScriptedConnection.EncodeNumbered("ack", "", 9, 3000));
            await connection.SendAsync(ScriptedConnection.EncodeNumbered("ack", "", 10, 3000));
            await client.SawAsync("acknowledged through=10");
        }

        (connection, var last, _) = await gateway.AcceptAsync();
        using (connection)
        {
            Assert.Equal(10, last.Sent);
            await connection.SendAsync(ScriptedConnection.WelcomeWithAck(4000, accepted: 10));
            await AssertAckAsync(connection, new FrameNumber(0, 4000));
            await Assert.ThrowsAsync<TimeoutException>(() => connection.ReadAsync(within: TimeSpan.FromSeconds(1)));
        }

        Assert.Equal(8, client.Lines.Count(line => line.StartsWith("message-resent ", StringComparison.Ordinal)));
        Assert.Equal(
            Enumerable.Range(1, 10).Select(n => $"{n}"),
            client.Lines.Where(line => line.StartsWith("message-sent ", StringComparison.Ordinal)).Select(line => LanguageClient.Field(line, "number")));
    }

    [Theory, MemberData(nameof(Languages))]
    public async Task It_keeps_a_bounded_number_of_messages_and_reads_no_more_input_until_some_are_acknowledged(string language)
    {
        using var gateway = new ScriptedGateway();
        await using var client = LanguageClient.Start(
            await builds.CommandAsync(language), gateway.Port, heartbeatSeconds: 60, inputScript: "seq 1 1000; sleep 600");
        using var connection = (await gateway.AcceptAsync()).Connection;
        await connection.SendAsync(ScriptedConnection.WelcomeWithAck(1000, accepted: null));
        await AssertAckAsync(connection, new FrameNumber(0, 1000));
        var bound = language == "c" ? 64 : 100;
        await AssertMessagesAsync(connection, 1, bound, 1000);
        await Assert.ThrowsAsync<TimeoutException>(() => connection.ReadAsync(within: TimeSpan.FromSeconds(1)));
        for (var (sent, through) = (bound, 7); sent < 1000; (sent, through) = (Math.Min(through + bound, 1000), through + bound - 1))
        {
            await connection.SendAsync(ScriptedConnection.EncodeNumbered("ack", "", through, 1000));
            await AssertMessagesAsync(connection, sent + 1, Math.Min(through + bound, 1000), 1000);
        }

        await connection.SendAsync(ScriptedConnection.EncodeNumbered("ack", "", 1000, 1000));
        await client.SawAsync("acknowledged through=1000");
    }

    [Theory, MemberData(nameof(Languages))]
    public async Task It_acknowledges_pushes_and_drops_duplicates(string language)
    {
        using var gateway = new ScriptedGateway();
        await using var client = LanguageClient.Start(await builds.CommandAsync(language), gateway.Port, heartbeatSeconds: 60);
        var connection = (await gateway.AcceptAsync()).Connection;
        using (connection)
        {
            await connection.SendAsync(ScriptedConnection.WelcomeWithAck(1000, accepted: null));
            await AssertAckAsync(connection, new FrameNumber(0, 1000));
            byte[] together = [.. Push("a", 1), .. Push("b", 2), .. ScriptedConnection.Encode("order", "unnumbered"u8.ToArray()), .. Push("b", 2), .. Push("c", 3)];
            // In two pieces, so that one of them ends inside a frame.
            await connection.SendAsync(together.AsMemory(0, 400));
            await connection.SendAsync(together.AsMemory(400));
            await AssertAckedThroughAsync(connection, new FrameNumber(3, 1000));
            // 4 has expired.
            await connection.SendAsync(Push("e", 5));
            await AssertAckedThroughAsync(connection, new FrameNumber(5, 1000));
            await connection.SendAsync(Push("d", 4));
            await AssertAckedThroughAsync(connection, new FrameNumber(5, 1000));
        }

        connection = (await gateway.AcceptAsync()).Connection;
        using (connection)
        {
            await connection.SendAsync(ScriptedConnection.WelcomeWithAck(2000, accepted: null));
            await AssertAckAsync(connection, new FrameNumber(5, 2000));
            await connection.SendAsync((byte[])[.. ScriptedConnection.EncodeNumbered("order", "e", 5, 2000), .. ScriptedConnection.EncodeNumbered("order", "f", 6, 2000)]);
            await AssertAckedThroughAsync(connection, new FrameNumber(6, 2000));
        }

        connection = (await gateway.AcceptAsync()).Connection;
        using (connection)
        {
            await connection.SendAsync(ScriptedConnection.WelcomeWithAck(3000, accepted: null, pushes: "numbering-2"));
            await AssertAckAsync(connection, new FrameNumber(0, 3000));
            await connection.SendAsync(ScriptedConnection.EncodeNumbered("order", "g", 1, 3000));
            await AssertAckedThroughAsync(connection, new FrameNumber(1, 3000));
            await client.SawAsync("message type=order text=g");
        }

        Assert.Equal(
            ["a", "b", "unnumbered", "c", "e", "f", "g"],
            client.Lines.Where(line => line.StartsWith("message type=order text=", StringComparison.Ordinal)).Select(line => LanguageClient.Field(line, "text")));
        Assert.Equal(
            ["2", "4", "5"],
            client.Lines.Where(line => line.StartsWith("duplicate ", StringComparison.Ordinal)).Select(line => LanguageClient.Field(line, "number")));

        static byte[] Push(string content, long number) => ScriptedConnection.EncodeNumbered("order", content, number, 1000);
    }

    [Theory, MemberData(nameof(Languages))]
    public async Task It_closes_a_connection_with_a_number_of_another_one(string language)
    {
        var command = await builds.CommandAsync(language);
        await Task.WhenAll(
            RefusesAsync(ScriptedConnection.EncodeNumbered("order", "x", 1, 999)),
            RefusesAsync(ScriptedConnection.EncodeNumbered("ack", "", 1, 1001)),
            RefusesAsync(ScriptedConnection.Encode("ack", [])),
            RefusesAsync(ScriptedConnection.EncodeDated("order", " n=01 g=1000")),
            RefusesAsync(ScriptedConnection.EncodeDated("order", " n=1 g=1000 x")),
            RefusesAsync(ScriptedConnection.EncodeDated("order", " n=")),
            RefusesAsync(ScriptedConnection.EncodeDated("order", " n=1000000000000 g=1000")));

        async Task RefusesAsync(byte[] bytes)
        {
            using var gateway = new ScriptedGateway();
            await using var client = LanguageClient.Start(command, gateway.Port, heartbeatSeconds: 60);
            using (var connection = (await gateway.AcceptAsync()).Connection)
            {
                await connection.SendAsync((byte[])[.. ScriptedConnection.WelcomeWithAck(1000, accepted: null), .. bytes]);
                Assert.EndsWith("a number is not of this connection", await client.EventAsync("closed "), StringComparison.Ordinal);
            }

            using var next = (await gateway.AcceptAsync()).Connection;
            Assert.DoesNotContain(client.Lines, line => line.StartsWith("message ", StringComparison.Ordinal));
        }
    }

    [Theory, MemberData(nameof(Languages))]
    public async Task Without_the_feature_its_messages_have_no_number_and_are_sent_once(string language)
    {
        using var gateway = new ScriptedGateway();
        await using var client = LanguageClient.Start(await builds.CommandAsync(language), gateway.Port, heartbeatSeconds: 60, inputScript: "seq 1 300; sleep 600");
        var connection = (await gateway.AcceptAsync()).Connection;
        using (connection)
        {
            await connection.SendAsync(ScriptedConnection.Welcome(60));
            for (var i = 1; i <= 300; i++)
            {
                var frame = await connection.ReadAsync();
                Assert.Equal(("message", $"{i}", null), (frame?.Type, frame?.Text, frame?.Number));
            }

            // Neither the type ack nor the text after a date means anything here.
            await connection.SendAsync((byte[])[.. ScriptedConnection.Encode("ack", "x"u8.ToArray()), .. ScriptedConnection.EncodeDated("order", " n=x")]);
            await client.SawAsync("message type=ack text=x");
            await client.SawAsync("message type=order text=");
        }

        using var next = (await gateway.AcceptAsync()).Connection;
        await next.SendAsync(ScriptedConnection.WelcomeWithAck(2000, accepted: null));
        await AssertAckAsync(next, new FrameNumber(0, 2000));
        await Assert.ThrowsAsync<TimeoutException>(() => next.ReadAsync(within: TimeSpan.FromSeconds(1)));
    }

    private static async Task AssertAckAsync(ScriptedConnection connection, FrameNumber number)
    {
        var frame = await connection.ReadAsync();
        Assert.Equal(("ack", 0, number), (frame?.Type, frame?.Content.Length, frame?.Number));
    }

    /// <summary>Reads acknowledgements up to one. There may be several before it: one for each read of the client.</summary>
    private static async Task AssertAckedThroughAsync(ScriptedConnection connection, FrameNumber number)
    {
        while (true)
        {
            var frame = await connection.ReadAsync();
            Assert.Equal(("ack", 0, number.Generation), (frame?.Type, frame?.Content.Length, frame?.Number?.Generation));
            Assert.True(frame!.Number!.Value.Number <= number.Number);
            if (frame.Number == number) return;
        }
    }

    private static async Task AssertMessagesAsync(ScriptedConnection connection, int from, int through, long generation)
    {
        for (var n = from; n <= through; n++)
        {
            var frame = await connection.ReadAsync();
            Assert.Equal(("message", $"{n}", new FrameNumber(n, generation)), (frame?.Type, frame?.Text, frame?.Number));
        }
    }
}
