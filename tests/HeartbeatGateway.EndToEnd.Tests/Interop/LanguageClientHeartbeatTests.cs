namespace HeartbeatGateway.EndToEnd.Tests.Interop;

/// <summary>Tests of the pings of the clients in docs/clients.md, and of the connections that end for want of them.</summary>
public sealed class LanguageClientHeartbeatTests(ClientBuilds builds)
{
    private const string Connected = "heartbeatgateway_connected_clients";
    private const string Reconnects = """heartbeatgateway_reconnects_total{identity="client"}""";

    public static TheoryData<string> Languages => [.. ClientBuilds.Languages];

    [Theory, MemberData(nameof(Languages))]
    public async Task It_resumes_its_session_after_a_lost_connection(string language)
    {
        await using var gateway = await GatewayProcess.StartAsync();
        await using var client = LanguageClient.Start(await builds.CommandAsync(language), gateway.TcpPort);
        var welcome = await client.EventAsync("welcome ");
        // The answer to a ping comes after the gateway has read the ack with which the client registers.
        await client.SawAsync("pong-received");
        // The gateway closes the connection after 3 s; the client detects the loss when it continues.
        client.Signal("STOP");
        await gateway.ReachesAsync(Connected, 0);
        var seen = client.Lines.Count;
        client.Signal("CONT");
        var back = await client.EventAsync("welcome ", seen);
        Assert.Equal("true", LanguageClient.Field(back, "resumed"));
        Assert.Equal(LanguageClient.Field(welcome, "session"), LanguageClient.Field(back, "session"));
        // It is counted with the ack that follows the welcome.
        await gateway.ReachesAsync(Reconnects, 1);
        Assert.Equal(1, await gateway.MetricAsync("""heartbeatgateway_timeouts_total{kind="reader_idle"}"""));
    }

    [Theory, MemberData(nameof(Languages))]
    public async Task It_stays_connected_while_its_messages_are_acknowledged(string language)
    {
        await using var gateway = await GatewayProcess.StartAsync();
        // Acknowledgements are bytes that the client reads: it needs no pings meanwhile. 30 messages take more than four heartbeat intervals.
        await using var client = LanguageClient.Start(
            await builds.CommandAsync(language), gateway.TcpPort, inputScript: "while echo reading; do sleep 0.3; done");
        await client.SawAsync("acknowledged through=30", within: TimeSpan.FromMinutes(1));
        Assert.DoesNotContain(client.Lines, line => line.StartsWith("closed", StringComparison.Ordinal));
        Assert.True(await gateway.MetricAsync("""heartbeatgateway_frames_total{direction="in",type="message"}""") >= 30);
    }

    [Theory, MemberData(nameof(Languages))]
    public async Task It_also_sends_pings_while_it_sends_messages_continuously(string language)
    {
        using var gateway = new ScriptedGateway();
        await using var client = LanguageClient.Start(
            await builds.CommandAsync(language), gateway.Port, inputScript: "while echo reading; do sleep 0.3; done");
        using var connection = (await gateway.AcceptAsync()).Connection;
        // Without the feature ack, messages are not answered. A client that sent pings only after a write pause would receive nothing and close the connection.
        await connection.SendAsync(ScriptedConnection.Welcome(2));
        var messages = 0;
        for (var pings = 0; pings < 3;)
        {
            var frame = await connection.ReadAsync();
            Assert.NotNull(frame);
            if (frame.Type == "message") messages++;
            if (frame.Type != "ping") continue;
            pings++;
            await connection.SendAsync(ScriptedConnection.Encode("ping", []));
        }

        var answered = await client.SawAsync("pong-received");
        answered = await client.SawAsync("pong-received", answered);
        await client.SawAsync("pong-received", answered);
        Assert.DoesNotContain(client.Lines, line => line.StartsWith("closed", StringComparison.Ordinal));
        Assert.True(messages >= 10, $"{messages} messages came.");
    }
}
