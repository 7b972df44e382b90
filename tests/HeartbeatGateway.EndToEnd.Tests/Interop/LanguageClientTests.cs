using System.Globalization;

namespace HeartbeatGateway.EndToEnd.Tests.Interop;

/// <summary>Tests of the clients in docs/clients.md with the real gateway.</summary>
public sealed class LanguageClientTests(ClientBuilds builds)
{
    private const string Connected = "heartbeatgateway_connected_clients";
    private const string Reconnects = """heartbeatgateway_reconnects_total{identity="client"}""";

    public static TheoryData<string> Languages => [.. ClientBuilds.Languages];

    [Theory, MemberData(nameof(Languages))]
    public async Task It_is_welcomed_sends_heartbeats_and_its_input_and_reconnects_after_the_gateway_was_killed(string language)
    {
        var command = await builds.CommandAsync(language);
        var (tcpPort, httpPort) = (GatewayProcess.FreePort(), GatewayProcess.FreePort());
        await using var first = await GatewayProcess.StartAsync(tcpPort, httpPort);
        await using var client = LanguageClient.Start(command, tcpPort, inputScript: "echo; echo 'pressure 4.2 bar'; printf 哈哈哈哈!");
        var welcome = await client.EventAsync("welcome ");
        var session = LanguageClient.Field(welcome, "session");
        Assert.Equal("false", LanguageClient.Field(welcome, "reconnected"));
        Assert.Equal(2, double.Parse(LanguageClient.Field(welcome, "heartbeat"), CultureInfo.InvariantCulture));
        await first.SawAsync("pressure 4.2 bar");
        await first.SawAsync("哈哈哈哈!");
        var answered = await client.SawAsync("pong-received");
        await client.SawAsync("pong-received", answered);
        Assert.True(await first.MetricAsync("heartbeatgateway_heartbeats_total") >= 2);
        first.Signal("KILL");
        await first.ExitCodeAsync();

        var failed = await client.SawAsync("connect-failed", await client.SawAsync("closed"));
        await using var second = await GatewayProcess.StartAsync(tcpPort, httpPort);
        var back = await client.EventAsync("welcome ", failed);
        Assert.Equal("true", LanguageClient.Field(back, "reconnected"));
        Assert.Equal("false", LanguageClient.Field(back, "resumed"));
        Assert.NotEqual(session, LanguageClient.Field(back, "session"));
        var page = await second.ScrapeAsync();
        Assert.Equal(1, GatewayProcess.Metric(page, Reconnects));
        Assert.Equal(1, GatewayProcess.Metric(page, Connected));
        Assert.Equal(0, GatewayProcess.Metric(page, """heartbeatgateway_token_failures_total{cause="replayed"}"""));
    }

    [Theory, MemberData(nameof(Languages))]
    public async Task It_connects_with_a_secret_of_its_own_and_not_with_another_clients(string language)
    {
        var command = await builds.CommandAsync(language);
        await using var gateway = await GatewayProcess.StartAsync(("Gateway__Tokens__Keys__0__Id", "dev"), ("Gateway__Tokens__Keys__0__PerClient", "true"));
        var secret = new Protocol.Tokens.TokenSecret("dev", Testing.TestSecrets.Secret).DeriveText("pump-17");
        await using var client = LanguageClient.Start(command, gateway.TcpPort, keyId: "dev", secret: secret);
        await client.SawAsync("pong-received", await client.SawAsync("welcome "));

        await using var thief = LanguageClient.Start(command, gateway.TcpPort, clientId: "pump-18", keyId: "dev", secret: secret);
        // It tries again and again.
        await thief.SawAsync("closed", await thief.SawAsync("closed"));
        Assert.InRange(await gateway.MetricAsync("""heartbeatgateway_token_failures_total{cause="mismatch"}"""), 2, double.MaxValue);
        Assert.DoesNotContain(thief.Lines, line => line.StartsWith("welcome ", StringComparison.Ordinal));
        Assert.Equal(1, await gateway.MetricAsync(Connected));
    }

    [Theory, MemberData(nameof(Languages))]
    public async Task It_stops_without_a_retry_when_another_instance_takes_over_its_name(string language)
    {
        var command = await builds.CommandAsync(language);
        await using var gateway = await GatewayProcess.StartAsync();
        await using var first = LanguageClient.Start(command, gateway.TcpPort);
        await first.SawAsync("pong-received", await first.SawAsync("welcome "));
        await using var second = LanguageClient.Start(command, gateway.TcpPort);
        Assert.Equal("true", LanguageClient.Field(await second.EventAsync("welcome "), "reconnected"));

        await first.SawAsync("close reason=replaced retry=false");
        Assert.Equal(LanguageClient.ClosedForGood, await first.ExitCodeAsync());
        await gateway.ReachesAsync("""heartbeatgateway_connections_closed_total{reason="replaced"}""", 1);
        Assert.Equal(1, await gateway.MetricAsync(Connected));
        await second.SawAsync("pong-received");
        Assert.Single(second.Lines, line => line.StartsWith("welcome ", StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(Languages))]
    public async Task It_corrects_a_wrong_clock_by_the_time_of_the_gateway_and_closes_gracefully_on_sigterm(string language)
    {
        await using var gateway = await GatewayProcess.StartAsync();
        // The reply to a frame with a key id contains the key id too.
        await using var client = LanguageClient.Start(
            await builds.CommandAsync(language), gateway.TcpPort, clockOffsetSeconds: 86_400, keyId: Testing.TestSecrets.KeyId);
        await client.SawAsync("close reason=token_expired retry=true");
        var correction = double.Parse(LanguageClient.Field(await client.EventAsync("clock-corrected "), "by"), CultureInfo.InvariantCulture);
        Assert.InRange(correction, -86_405, -86_395);
        await client.SawAsync("welcome ");
        await client.SawAsync("pong-received");

        client.Signal("TERM");
        Assert.Equal(0, await client.ExitCodeAsync());
        var page = await gateway.ReachesAsync("""heartbeatgateway_connections_closed_total{reason="peer_closed"}""", 1);
        Assert.Equal(1, GatewayProcess.Metric(page, """heartbeatgateway_connections_closed_total{reason="token_expired"}"""));
        Assert.Equal(0, GatewayProcess.Metric(page, """heartbeatgateway_connections_closed_total{reason="peer_reset"}"""));
        GatewayProcess.AssertBalanced(page);
    }
}
