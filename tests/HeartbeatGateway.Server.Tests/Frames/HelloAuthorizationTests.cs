using System.Collections.Concurrent;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Frames;

/// <summary>A program that is asked whether a client may be registered.</summary>
public sealed class HelloAuthorizationTests
{
    [Fact]
    public async Task A_client_is_registered_when_it_is_allowed_and_what_it_sent_meanwhile_is_handled_then()
    {
        var authorizer = new Authorizer();
        using var gateway = new EngineHarness(authorizer: authorizer);
        var client = gateway.Connect();
        await client.HelloAsync(EngineHarness.Hello() with { Library = "test/1" });
        await client.PingAsync();
        var question = Assert.Single(authorizer.Questions);
        Assert.Equal(("pump-17", "instance-a", client.Context.RemoteEndPoint, TestSecrets.KeyId, "test/1"),
            (question.Request.ClientId, question.Request.Instance, question.Request.RemoteEndPoint, question.Request.KeyId, question.Request.Library));
        Assert.Empty(client.TakeFrames());
        Assert.Null(gateway.Engine.FindClient("pump-17"));

        question.Answer.SetResult(new ClientAuthorization(IsAllowed: true));
        await client.ReadWelcomeAsync();
        Assert.Equal("ping", (await client.ReadFrameAsync()).Type);
        Assert.NotNull(gateway.Engine.FindClient("pump-17"));
    }

    [Fact]
    public async Task Before_the_decision_a_client_gets_neither_keep_alives_nor_pushes()
    {
        var authorizer = new Authorizer();
        using var gateway = new EngineHarness(o => o.Heartbeat.WriterIdle = TimeSpan.FromSeconds(2), authorizer: authorizer);
        var client = gateway.Connect();
        await client.HelloAsync(EngineHarness.Hello());
        for (var second = 0; second < 15; second++) gateway.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, gateway.Engine.Broadcast("news", default));
        Assert.Empty(client.TakeFrames());
        authorizer.Questions.Single().Answer.SetResult(new ClientAuthorization(IsAllowed: true));
        await client.ReadWelcomeAsync();
        Assert.Equal(1, gateway.Engine.Broadcast("news", default));
        Assert.Equal("news", (await client.ReadFrameAsync()).Type);
    }

    [Fact]
    public async Task A_key_that_is_bound_to_other_clients_meanwhile_registers_nobody()
    {
        var authorizer = new Authorizer();
        using var gateway = new EngineHarness(authorizer: authorizer);
        gateway.Options.Tokens.Keys[0].Clients.Add("pump-17");
        gateway.Engine.Reconfigure(gateway.Options);
        var client = gateway.Connect(namesKey: true);
        await client.HelloAsync(EngineHarness.Hello());
        gateway.Options.Tokens.Keys[0].Clients[0] = "pump-18";
        gateway.Engine.Reconfigure(gateway.Options);
        authorizer.Questions.Single().Answer.SetResult(new ClientAuthorization(IsAllowed: true));
        client.CloseOutput();
        await client.Handler;
        Assert.Equal(1, gateway.Closed("token_invalid"));
        Assert.Null(gateway.Engine.FindClient("pump-17"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_refused_client_is_told_and_leaves_nothing_behind(bool mayRetry)
    {
        var authorizer = new Authorizer();
        using var gateway = new EngineHarness(authorizer: authorizer);
        var client = gateway.Connect();
        await client.HelloAsync(EngineHarness.Hello());
        authorizer.Questions.Single().Answer.SetResult(new ClientAuthorization(IsAllowed: false, "not\nyours", mayRetry));
        var close = await client.ReadCloseAsync();
        Assert.Equal((CloseReason.Unauthorized, mayRetry), (close.Reason, close.Retry));
        Assert.StartsWith("not", close.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', close.Detail!);
        client.CloseOutput();
        await client.Handler;
        Assert.Null(gateway.Engine.FindClient("pump-17"));
        Assert.Equal((1, 0L), (gateway.Closed("unauthorized"), gateway.Engine.LastPresenceEvent));
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task An_authorizer_that_fails_refuses_the_client_for_now()
    {
        using var gateway = new EngineHarness(authorizer: new Authorizer { Throws = true });
        var client = gateway.Connect();
        await client.HelloAsync(EngineHarness.Hello());
        var close = await client.ReadCloseAsync();
        Assert.Equal((CloseReason.Unauthorized, true), (close.Reason, close.Retry));
        Assert.Single(gateway.Logs.GetSnapshot(), l => l.Id.Name == "AuthorizerFailed");
    }

    [Fact]
    public async Task A_connection_that_ends_while_it_is_asked_about_cancels_the_question_and_leaves_nothing_behind()
    {
        var authorizer = new Authorizer();
        using var gateway = new EngineHarness(authorizer: authorizer);
        var client = gateway.Connect();
        await client.HelloAsync(EngineHarness.Hello());
        Assert.True(gateway.Engine.Close(gateway.Engine.Table.All().Single().Id, CloseReason.Kicked));
        await client.Handler;
        var question = authorizer.Questions.Single();
        Assert.True(question.Cancelled.IsCancellationRequested);
        question.Answer.TrySetResult(new ClientAuthorization(IsAllowed: true));
        await EngineHarness.SettleAsync();
        Assert.Null(gateway.Engine.FindClient("pump-17"));
        Assert.Equal((0, 0, 0L), (gateway.Engine.OpenConnections, gateway.Engine.ConnectedClients, gateway.Engine.LastPresenceEvent));
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task What_follows_a_hello_that_a_planned_close_overtook_is_not_taken_for_anonymous()
    {
        var authorizer = new Authorizer();
        using var gateway = new EngineHarness(authorizer: authorizer);
        var client = gateway.Connect();
        await client.HelloAsync(EngineHarness.Hello());
        await client.SendAsync(client.Frame("message", "x"));
        var stopped = gateway.Engine.StopAsync(TimeSpan.Zero, TestContext.Current.CancellationToken);
        authorizer.Questions.Single().Answer.SetResult(new ClientAuthorization(IsAllowed: true));
        client.CloseOutput();
        await client.Handler;
        await stopped;
        Assert.Equal((0, 0L), (gateway.Metrics.Sum("heartbeatgateway.messages"), gateway.Engine.LastPresenceEvent));
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task Neither_anonymous_clients_nor_hellos_that_are_refused_anyway_are_asked_about()
    {
        var authorizer = new Authorizer { Answers = new ClientAuthorization(IsAllowed: true) };
        using var gateway = new EngineHarness(authorizer: authorizer);
        var anonymous = await gateway.ConnectedAsync();
        var (client, _) = await gateway.IdentifiedAsync();
        await client.HelloAsync(EngineHarness.Hello());
        Assert.Equal(CloseReason.BadHello, (await client.ReadCloseAsync()).Reason);
        await anonymous.PingAsync();
        Assert.Single(authorizer.Questions);
    }

    [Fact]
    public async Task A_fleet_that_is_asked_about_delays_no_heartbeat_of_others()
    {
        const int Fleet = 2_000;
        var authorizer = new Authorizer();
        using var gateway = new EngineHarness(o => o.Reconnects.MaxRemembered = 100_000, minimumLevel: Microsoft.Extensions.Logging.LogLevel.None, authorizer: authorizer);
        var others = new List<InMemoryClient>();
        for (var i = 0; i < 10; i++) others.Add(await gateway.ConnectedAsync());
        var fleet = new List<InMemoryClient>();
        for (var i = 0; i < Fleet; i++)
        {
            var client = gateway.Connect();
            fleet.Add(client);
            await client.HelloAsync(EngineHarness.Hello($"device-{i}"));
        }

        Assert.Equal(Fleet, authorizer.Questions.Count);
        for (var second = 0; second < 20; second++)
        {
            gateway.Advance(TimeSpan.FromSeconds(1));
            foreach (var other in others)
            {
                await other.PingAsync();
                Assert.Single(other.TakeFrames());
            }
        }

        Assert.Equal(10 + Fleet, gateway.Engine.OpenConnections);
        foreach (var question in authorizer.Questions) question.Answer.SetResult(new ClientAuthorization(IsAllowed: true));
        foreach (var client in fleet) while ((await client.ReadFrameAsync()).Type != "welcome") { }

        Assert.Equal(Fleet, gateway.Engine.EnumerateClients().Count());
        gateway.AssertBalanced();
    }

    private sealed class Authorizer : IClientAuthorizer
    {
        public ConcurrentQueue<(ClientAuthorizationRequest Request, TaskCompletionSource<ClientAuthorization> Answer, CancellationToken Cancelled)> Questions { get; } = new();

        public ClientAuthorization? Answers { get; init; }

        public bool Throws { get; init; }

        public ValueTask<ClientAuthorization> AuthorizeAsync(ClientAuthorizationRequest request, CancellationToken cancellationToken)
        {
            if (Throws) throw new InvalidOperationException("The authorizer is broken.");
            var answer = new TaskCompletionSource<ClientAuthorization>(TaskCreationOptions.RunContinuationsAsynchronously);
            Questions.Enqueue((request, answer, cancellationToken));
            return Answers is { } known ? new ValueTask<ClientAuthorization>(known) : new ValueTask<ClientAuthorization>(answer.Task.WaitAsync(cancellationToken));
        }
    }
}
