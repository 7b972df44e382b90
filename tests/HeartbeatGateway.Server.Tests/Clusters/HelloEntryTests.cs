using System.Security.Cryptography;
using System.Text;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Server.Bans;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Tests.Bans;
using HeartbeatGateway.Server.Tests.Clients;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Clusters;

/// <summary>A hello is entered in the cluster's directory before its client is registered.</summary>
public sealed class HelloEntryTests
{
    [Fact]
    public async Task The_welcome_has_the_generation_and_the_session_of_the_directory()
    {
        using var nodes = new ClusterNodes(1);
        var (_, welcome) = await nodes.IdentifiedAsync(0);
        var entry = nodes.Directory.Entries["pump-17"].Member;
        Assert.Equal((entry.Generation, entry.Session, false, false), (welcome.Generation, welcome.SessionId, welcome.Reconnected, welcome.Resumed));
        Assert.Equal(entry.Generation, nodes[0].Engine.FindClient("pump-17")!.Generation);
        nodes.AssertExact();
        Assert.Empty(nodes.Cluster().Restores);
    }

    [Fact]
    public async Task The_directory_is_told_what_it_needs_of_the_hello()
    {
        using var nodes = new ClusterNodes(1, o => o.Tokens.MaxAge = TimeSpan.FromMinutes(3));
        var client = nodes[0].Connect(namesKey: true);
        var frame = client.Signer.Encode(FrameKinds.Hello, EngineHarness.Hello(attempt: 4, resume: "abc").ToJson(), client.UnixSeconds).ToArray();
        await client.SendAsync(frame);
        var hello = Assert.Single(nodes.Cluster().Hellos);
        Assert.Equal(("pump-17", "instance-a", 4, "abc", "1"), (hello.ClientId, hello.Instance, hello.Attempt, hello.Resume, hello.ConnectionId));
        Assert.Equal(TimeSpan.FromMinutes(6), hello.ClaimFor);
        Assert.True(ClientSession.TryParse(hello.NewSession, out _));
        var token = Encoding.ASCII.GetString(frame, FrameFormat.TokenOffset, FrameFormat.FieldLength).TrimEnd('\0', ' ');
        Assert.Equal(System.Buffers.Text.Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(token[(token.IndexOf('.', StringComparison.Ordinal) + 1)..]))), hello.TokenFingerprint);
    }

    [Fact]
    public async Task Tokens_without_a_meaning_are_not_claimed()
    {
        using var nodes = new ClusterNodes(1, o =>
        {
            o.Tokens.Scheme = "none";
            o.Tokens.Keys.Clear();
        });
        await nodes.SendHelloAsync(0);
        Assert.Null(Assert.Single(nodes.Cluster().Hellos).TokenFingerprint);
    }

    [Fact]
    public async Task A_floor_is_above_all_generations_that_this_node_gave()
    {
        using var nodes = new ClusterNodes(1);
        var (client, welcome) = await nodes.IdentifiedAsync(0);
        await client.DisconnectAsync();
        await nodes.IdentifiedAsync(0, EngineHarness.Hello("pump-18"));
        nodes.Advance(TimeSpan.FromHours(1));
        await nodes.IdentifiedAsync(0, EngineHarness.Hello("pump-19"));
        await nodes.IdentifiedAsync(0, EngineHarness.Hello(attempt: 2));
        Assert.Equal([1, 1, 1, welcome.Generation + 1], nodes.Cluster().Hellos.Select(h => h.Floor));
    }

    [Fact]
    public async Task While_the_directory_is_asked_the_frames_behind_the_hello_wait_in_order_and_other_clients_are_answered()
    {
        using var nodes = new ClusterNodes(1);
        var other = await nodes[0].ConnectedAsync();
        nodes.Cluster().Holds = true;
        var client = nodes[0].Connect();
        var hello = client.Signer.Encode(FrameKinds.Hello, EngineHarness.Hello().ToJson(), client.UnixSeconds).ToArray();
        await client.SendAsync((byte[])[.. client.Ping, .. hello, .. client.Ping, .. client.Frame("message", "x"), .. client.Ping]);
        await client.PingAsync();
        await other.PingAsync();
        Assert.Equal([("ping", "")], other.TakeFrames());
        Assert.Equal([("ping", "")], client.TakeFrames());
        Assert.Null(nodes[0].Engine.FindClient("pump-17"));
        Assert.Equal(1, nodes[0].Engine.Broadcast("news", default));
        Assert.Equal([("news", "")], other.TakeFrames());

        nodes.Cluster().Release();
        Assert.Equal(["welcome", "ping", "ping", "ping"], client.TakeFrames().Select(f => f.Type));
        Assert.NotNull(nodes[0].Engine.FindClient("pump-17"));
        nodes.AssertExact();
    }

    [Fact]
    public async Task The_directory_is_asked_once_the_authorizer_has_allowed_the_client()
    {
        var authorizer = new Authorizer();
        using var nodes = new ClusterNodes(1, authorizer: authorizer);
        var client = await nodes.SendHelloAsync(0);
        Assert.Empty(nodes.Cluster().Hellos);
        authorizer.Answer.SetResult(new ClientAuthorization(IsAllowed: true));
        await client.ReadWelcomeAsync();
        Assert.Single(nodes.Cluster().Hellos);
        nodes.AssertExact();
    }

    [Fact]
    public async Task A_client_that_the_authorizer_refuses_is_not_entered()
    {
        var authorizer = new Authorizer();
        using var nodes = new ClusterNodes(1, authorizer: authorizer);
        var client = await nodes.SendHelloAsync(0);
        authorizer.Answer.SetResult(new ClientAuthorization(IsAllowed: false));
        await client.ClosedWithFrameAsync();
        Assert.Empty(nodes.Cluster().Hellos);
        Assert.Empty(nodes.Cluster().Departures);
    }

    [Theory]
    [InlineData(CloseReason.Kicked)]
    [InlineData(CloseReason.Draining)]
    public async Task A_connection_that_ends_while_it_waits_is_left_again_once(CloseReason reason)
    {
        using var nodes = new ClusterNodes(1);
        nodes.Cluster().Holds = true;
        var client = await nodes.SendHelloAsync(0);
        await client.PingAsync();
        Assert.True(nodes[0].Engine.Close(nodes[0].Engine.Table.All().Single().Id, reason));
        nodes.Cluster().Release();
        await client.DisconnectAsync();
        Assert.Equal(reason.ToWireName(), Assert.Single(nodes.Cluster().Departures).Reason);
        Assert.Empty(nodes.Directory.Entries);
        // What it had sent behind the hello is not taken for an anonymous client's.
        Assert.Equal((0L, 0), (nodes[0].Engine.LastPresenceEvent, nodes[0].Metrics.Read("heartbeatgateway.heartbeats")));
        nodes[0].AssertBalanced();
    }

    [Fact]
    public async Task A_key_that_is_bound_to_other_clients_while_it_waits_registers_nobody()
    {
        using var nodes = new ClusterNodes(1);
        var options = nodes[0].Options;
        options.Tokens.Keys[0].Clients.Add("pump-17");
        nodes[0].Engine.Reconfigure(options);
        nodes.Cluster().Holds = true;
        var client = nodes[0].Connect(namesKey: true);
        await client.HelloAsync(EngineHarness.Hello());
        options.Tokens.Keys[0].Clients[0] = "pump-18";
        nodes[0].Engine.Reconfigure(options);
        nodes.Cluster().Release();
        await client.DisconnectAsync();
        Assert.Equal("token_invalid", Assert.Single(nodes.Cluster().Departures).Reason);
        Assert.Empty(nodes.Directory.Entries);
        Assert.Null(nodes[0].Engine.FindClient("pump-17"));
    }

    [Fact]
    public async Task A_hello_that_another_node_has_had_is_refused_as_one_that_this_node_has_had()
    {
        using var nodes = new ClusterNodes(3);
        var frame = await RecordedAsync(nodes);
        foreach (var holds in (bool[])[false, true])
        {
            var node = holds ? 2 : 1;
            nodes.Cluster(node).Holds = holds;
            var replayer = nodes[node].Connect();
            await replayer.SendAsync(frame);
            if (holds) nodes.Cluster(node).Release();
            await replayer.ClosedWithoutFrameAsync();
            Assert.Equal((1, 1), (nodes[node].Metrics.Read("heartbeatgateway.token_failures", ("cause", "replayed")), nodes[node].Closed("token_invalid")));
            var line = Assert.Single(nodes[node].Logs.GetSnapshot(), l => l.Id.Name == "TokenRefused");
            Assert.Contains("replayed", line.Message, StringComparison.Ordinal);
            Assert.Equal("pump-17", line.GetStructuredStateValue("ClaimedClientId"));
            Assert.Equal(CloseReason.TokenInvalid, Assert.Single(nodes[node].Engine.EnumerateDisconnects()).Reason);
            Assert.Empty(nodes.Cluster(node).Departures);
        }

        Assert.NotNull(nodes[0].Engine.FindClient("pump-17"));
        nodes.AssertExact();
    }

    [Fact]
    public async Task An_attempt_that_its_client_gave_up_is_closed_as_replaced_and_changes_nothing()
    {
        using var nodes = new ClusterNodes(2);
        var (current, _) = await nodes.IdentifiedAsync(0, EngineHarness.Hello(attempt: 2));
        var ghost = await nodes.SendHelloAsync(1, EngineHarness.Hello(attempt: 1));
        var close = await ghost.ClosedWithFrameAsync();
        Assert.Equal(CloseReason.Replaced, close.Reason);
        Assert.Empty(nodes.Cluster(1).Departures);
        await current.PingAsync();
        Assert.Equal("ping", (await current.ReadFrameAsync()).Type);
        Assert.Equal((0, 0L), (nodes[1].Reconnects(), nodes[1].Engine.LastPresenceEvent));
        nodes.AssertExact();
    }

    [Fact]
    public async Task Of_two_hellos_whose_answers_come_in_the_other_order_the_later_one_stays()
    {
        using var nodes = new ClusterNodes(1);
        nodes.Cluster().Holds = true;
        var first = await nodes.SendHelloAsync(0, EngineHarness.Hello(instance: "one"));
        var second = await nodes.SendHelloAsync(0, EngineHarness.Hello(instance: "two"));
        nodes.Cluster().Release(1);
        var welcome = await second.ReadWelcomeAsync();
        nodes.Cluster().Release(0);
        var close = await first.ClosedWithFrameAsync();
        Assert.Equal((CloseReason.Replaced, true), (close.Reason, close.Retry));
        Assert.Equal(welcome.Generation, nodes[0].Engine.FindClient("pump-17")!.Generation);
        nodes.AssertExact();
        await second.DisconnectAsync();
        Assert.Equal(2, nodes.Cluster().Departures.Count);
        Assert.Empty(nodes.Directory.Entries);
    }

    [Fact]
    public async Task A_hello_whose_later_one_has_come_and_gone_is_not_registered()
    {
        using var nodes = new ClusterNodes(1);
        nodes.Cluster().Holds = true;
        var first = await nodes.SendHelloAsync(0, EngineHarness.Hello(instance: null));
        var second = await nodes.SendHelloAsync(0, EngineHarness.Hello(instance: null));
        nodes.Cluster().Release(1);
        await second.ReadWelcomeAsync();
        await second.DisconnectAsync();
        nodes.Cluster().Release(0);
        Assert.Equal(CloseReason.Replaced, (await first.ClosedWithFrameAsync()).Reason);
        nodes.AssertExact();
    }

    [Fact]
    public async Task A_ban_that_comes_while_it_waits_closes_the_client_and_leaves()
    {
        using var nodes = new ClusterNodes(1);
        nodes.Cluster().Holds = true;
        var client = await nodes.SendHelloAsync(0);
        nodes[0].Ban(BanKind.Client, "pump-17");
        nodes.Cluster().Release();
        await client.ReadWelcomeAsync();
        Assert.Equal(CloseReason.Banned, (await client.ClosedWithFrameAsync()).Reason);
        Assert.Empty(nodes.Directory.Entries);
    }

    private static async Task<byte[]> RecordedAsync(ClusterNodes nodes)
    {
        var client = nodes[0].Connect();
        var frame = client.Signer.Encode(FrameKinds.Hello, EngineHarness.Hello().ToJson(), client.UnixSeconds).ToArray();
        await client.SendAsync(frame);
        await client.ReadWelcomeAsync();
        return frame;
    }

    private sealed class Authorizer : IClientAuthorizer
    {
        public TaskCompletionSource<ClientAuthorization> Answer { get; } = new();

        public async ValueTask<ClientAuthorization> AuthorizeAsync(ClientAuthorizationRequest request, CancellationToken cancellationToken) => await Answer.Task;
    }
}
