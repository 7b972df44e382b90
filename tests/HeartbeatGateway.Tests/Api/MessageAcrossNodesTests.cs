using System.Net;
using System.Text;
using HeartbeatGateway.Server.Clusters;
using Microsoft.Extensions.DependencyInjection;

namespace HeartbeatGateway.Tests.Api;

/// <summary>Messages to clients of another node, as callers of the API see them.</summary>
public sealed class MessageAcrossNodesTests
{
    private const string Message = """{"type":"order","text":"start"}""";
    private readonly ElsewhereCluster _cluster = new();

    [Fact]
    public async Task A_client_of_another_node_gets_the_message_and_the_caller_its_result()
    {
        await using var api = await StartAsync();
        var answer = await api.SendAsync("POST", "clients/pump-1/messages", ApiFixture.SendKey, Message);
        Assert.Equal((HttpStatusCode.Accepted, "queued", true), (answer.Status, answer.Json.GetProperty("result").GetString(), answer.Json.GetProperty("numbered").GetBoolean()));
        var waiting = new TaskCompletionSource();
        _cluster.Answering = waiting.Task;
        var request = api.SendAsync("POST", "clients/pump-1/messages?wait=20", ApiFixture.SendKey, Message);
        waiting.SetResult();
        // The other node tells the result of every message that it may have.
        var process = answer.Json.GetProperty("messageId").GetString()!.Split('-')[0];
        while (!request.IsCompleted)
        {
            for (var number = 1; number < 5; number++) await _cluster.Answers["settled"](Encoding.UTF8.GetBytes($$"""{"messages":[{"id":"{{process}}-{{number}}","result":"delivered"}]}"""), default);
            await Task.Yield();
        }

        var delivered = await request;
        Assert.Equal((HttpStatusCode.OK, "delivered"), (delivered.Status, delivered.Json.GetProperty("result").GetString()));
    }

    [Theory]
    [InlineData(NodeAnswerKind.Unreachable, false, HttpStatusCode.ServiceUnavailable, "node_unreachable")]
    [InlineData(NodeAnswerKind.Answered, true, HttpStatusCode.ServiceUnavailable, "node_unreachable")]
    [InlineData(NodeAnswerKind.Unknown, false, HttpStatusCode.GatewayTimeout, "node_unknown")]
    [InlineData(NodeAnswerKind.Failed, false, HttpStatusCode.GatewayTimeout, "node_unknown")]
    public async Task A_node_that_does_not_answer_is_a_problem_that_says_what_is_known(NodeAnswerKind kind, bool isDegraded, HttpStatusCode status, string code)
    {
        await using var api = await StartAsync();
        (_cluster.Kind, _cluster.IsDegraded) = (kind, isDegraded);
        (await api.SendAsync("POST", "clients/pump-1/messages", ApiFixture.SendKey, Message)).AssertProblem(status, code);
        var many = await api.SendAsync("POST", "messages", ApiFixture.SendKey, """{"ids":["pump-1"],"type":"order"}""");
        Assert.Equal(code == "node_unknown" ? "unknown" : code, many.Json.GetProperty("results")[0].GetProperty("result").GetString());
    }

    [Fact]
    public async Task A_client_that_is_connected_nowhere_is_gone_or_held()
    {
        await using var api = await StartAsync();
        _cluster.IsEmpty = true;
        (await api.SendAsync("POST", "clients/pump-1/messages", ApiFixture.SendKey, Message)).AssertProblem(HttpStatusCode.NotFound, "client_gone");
        var held = await api.SendAsync("POST", "clients/pump-1/messages", ApiFixture.SendKey, """{"type":"order","ttlSeconds":60}""");
        Assert.Equal((HttpStatusCode.Accepted, "held", 1), (held.Status, held.Json.GetProperty("result").GetString(), _cluster.Held));
    }

    [Fact]
    public async Task Two_requests_with_one_idempotency_key_ask_the_node_once()
    {
        await using var api = await StartAsync();
        var waiting = new TaskCompletionSource();
        (_cluster.Answering, _cluster.Kind) = (waiting.Task, NodeAnswerKind.Unknown);
        var requests = Enumerable.Range(0, 3).Select(_ => api.SendAsync("POST", "clients/pump-1/messages", ApiFixture.SendKey, Message, ("Idempotency-Key", "k-1"))).ToList();
        waiting.SetResult();
        foreach (var answer in await Task.WhenAll(requests)) answer.AssertProblem(HttpStatusCode.GatewayTimeout, "node_unknown");
        // It may have arrived, so a repetition sends nothing.
        _cluster.Kind = NodeAnswerKind.Answered;
        await api.SendAsync("POST", "clients/pump-1/messages", ApiFixture.SendKey, Message, ("Idempotency-Key", "k-1"));
        Assert.Equal(1, _cluster.Questions);
    }

    private Task<ApiFixture> StartAsync() => ApiFixture.StartAsync(logs: null, builder => builder.Services.AddSingleton<ICluster>(_cluster));
}
