using System.Collections.Concurrent;
using System.Text;
using HeartbeatGateway.Redis.Channel;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Testing.Redis;
using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Tests.Channel;

/// <summary>Questions between nodes, with a real redis-server.</summary>
public sealed class NodeInboxTests
{
    [Fact]
    public async Task A_node_answers_another_and_itself()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var asking = new ChannelNode(redis.Configuration);
        await using var asked = new ChannelNode(redis.Configuration);
        foreach (var node in new[] { asking, asked }) node.Inbox.Answer("echo", (body, _) => ValueTask.FromResult(body));
        await asking.ListenAsync("a");
        await asked.ListenAsync("b");
        foreach (var epoch in new[] { "a", "b" }) Assert.Equal((NodeAnswerKind.Answered, "hello"), await AskAsync(asking, epoch, "echo", "hello"));
        Assert.Equal(2, asking.Series.Read("heartbeatgateway.cluster.questions", ("result", "answered")));
    }

    [Fact]
    public async Task A_node_that_does_not_listen_is_unreachable_at_once()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var node = new ChannelNode(redis.Configuration);
        await node.ListenAsync("a");
        Assert.Equal(NodeAnswerKind.Unreachable, (await AskAsync(node, "nobody", "echo", "")).Kind);
    }

    [Fact]
    public async Task A_node_that_does_not_answer_is_unknown()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var asking = new ChannelNode(redis.Configuration);
        await using var asked = new ChannelNode(redis.Configuration);
        var ended = AnswerUntilCancelled(asked, "slow");
        await asking.ListenAsync("a");
        await asked.ListenAsync("b");
        Assert.Equal(NodeAnswerKind.Unknown, (await AskAsync(asking, "b", "slow", "")).Kind);
        await ended;
    }

    [Fact]
    public async Task A_verb_that_is_cancelled_at_the_deadline_is_not_answered_as_a_failure()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var asked = new ChannelNode(redis.Configuration);
        asked.Inbox.Answer("echo", (body, _) => ValueTask.FromResult(body));
        var ended = AnswerUntilCancelled(asked, "slow");
        await asked.ListenAsync("b");
        await using var peer = await ConnectionMultiplexer.ConnectAsync(redis.Configuration);
        var answers = await peer.GetSubscriber().SubscribeAsync(RedisChannel.Literal(asked.Keys.Inbox("a")));

        // Without a deadline of its own the question has the time of any answer, by the clock of the asked node.
        await AskAsync(1, "slow");
        await ended;
        await AskAsync(2, "echo");
        // Messages of one node come in order, so the first one would be of the first question.
        Assert.True(NodeEnvelope.TryDecode((byte[])(await answers.ReadAsync(TestContext.Current.CancellationToken)).Message!, out var answer));
        Assert.Equal((2, NodeAnswerKind.Answered), (answer.Id, answer.Result));

        Task AskAsync(long id, string verb) => peer.GetSubscriber().PublishAsync(
            RedisChannel.Literal(asked.Keys.Inbox("b")), new NodeEnvelope(EnvelopeKind.Question, id) { From = "a", Verb = verb }.Encode());
    }

    [Fact]
    public async Task A_question_that_is_lost_with_its_connection_may_have_arrived()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var asking = new ChannelNode(redis.Configuration, options: o => o with { CallTimeout = TimeSpan.FromSeconds(30) });
        await using var asked = new ChannelNode(redis.Configuration);
        await asking.ListenAsync("a");
        await asked.ListenAsync("b");
        redis.Stop();
        var question = AskAsync(asking, "b", "echo", "");
        // The question is in the socket's buffer, or on its way there, before the connection ends.
        await Waiting.UntilAsync(
            () => asking.Connection.Multiplexer.Result.GetCounters().Interactive is { SentItemsAwaitingResponse: > 0, PendingUnsentItems: 0 }, "the question is sent");
        await redis.KillAsync();
        Assert.Equal(NodeAnswerKind.Unknown, (await question).Kind);
    }

    [Fact]
    public async Task A_handler_that_throws_and_a_verb_that_is_unknown_are_failures_that_the_asked_node_logs()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var asking = new ChannelNode(redis.Configuration);
        await using var asked = new ChannelNode(redis.Configuration);
        asked.Inbox.Answer("broken", (_, _) => throw new InvalidOperationException("broken"));
        asked.Inbox.Answer("large", (_, _) => ValueTask.FromResult<ReadOnlyMemory<byte>>(new byte[NodeAnswers.MaxBodyBytes + 1]));
        await asking.ListenAsync("a");
        await asked.ListenAsync("b");
        foreach (var verb in new[] { "broken", "missing", "large" }) Assert.Equal(NodeAnswerKind.Failed, (await AskAsync(asking, "b", verb, "")).Kind);
        Assert.Equal(["QuestionFailed", "VerbUnknown", "NodeMessageTooLarge"], asked.Lines.Where(l => l is not ("InboxSubscribed" or "InboxNotSubscribed")));
        Assert.Equal(NodeAnswerKind.Failed, (await asking.Inbox.AskAsync("b", "large", new byte[NodeAnswers.MaxBodyBytes + 1], CancellationToken.None)).Kind);
        Assert.Equal(4, asking.Series.Read("heartbeatgateway.cluster.questions", ("result", "failed")));
    }

    [Fact]
    public async Task Past_the_bound_of_questions_that_are_answered_at_once_they_fail_at_once()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var asking = new ChannelNode(redis.Configuration);
        await using var asked = new ChannelNode(redis.Configuration);
        var open = new TaskCompletionSource();
        var started = 0;
        asked.Inbox.Answer("wait", async (body, _) =>
        {
            Interlocked.Increment(ref started);
            await open.Task;
            return body;
        });
        await asking.ListenAsync("a");
        await asked.ListenAsync("b");
        var held = Enumerable.Range(0, NodeAnswers.MaxAtOnce).Select(_ => AskAsync(asking, "b", "wait", "")).ToList();
        await Waiting.UntilAsync(() => Volatile.Read(ref started) == NodeAnswers.MaxAtOnce, "all are being answered");
        Assert.Equal(NodeAnswerKind.Failed, (await AskAsync(asking, "b", "wait", "")).Kind);
        open.SetResult();
        await Task.WhenAll(held);
        Assert.Equal(NodeAnswerKind.Answered, (await AskAsync(asking, "b", "wait", "")).Kind);
    }

    [Fact]
    public async Task Another_epoch_changes_the_inbox_and_the_former_one_is_answered_until_it_is_left()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var asking = new ChannelNode(redis.Configuration);
        await using var asked = new ChannelNode(redis.Configuration);
        asked.Inbox.Answer("echo", (body, _) => ValueTask.FromResult(body));
        await asking.ListenAsync("a");
        await asked.ListenAsync("b");
        await asked.ListenAsync("c");
        await asked.ListenAsync("d");
        foreach (var epoch in new[] { "b", "c", "d" }) Assert.Equal(NodeAnswerKind.Answered, (await AskAsync(asking, epoch, "echo", "")).Kind);
        asked.Inbox.LeaveFormer();
        foreach (var epoch in new[] { "b", "c" })
            await Waiting.UntilAsync(async () => (await AskAsync(asking, epoch, "echo", "")).Kind == NodeAnswerKind.Unreachable, "the former inbox is left");
        Assert.Equal(NodeAnswerKind.Answered, (await AskAsync(asking, "d", "echo", "")).Kind);
    }

    [Fact]
    public async Task While_Redis_is_away_a_node_is_unreachable_and_after_its_return_it_answers_again()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var asking = new ChannelNode(redis.Configuration);
        await using var asked = new ChannelNode(redis.Configuration);
        asked.Inbox.Answer("echo", (body, _) => ValueTask.FromResult(body));
        await asking.ListenAsync("a");
        await asked.ListenAsync("b");
        await redis.KillAsync();
        await Waiting.UntilAsync(() => !asking.Connection.IsConnected, "the loss is known");
        Assert.Equal(NodeAnswerKind.Unreachable, (await AskAsync(asking, "b", "echo", "")).Kind);
        await redis.StartAgainAsync();
        await Waiting.UntilAsync(async () => (await AskAsync(asking, "b", "echo", "")).Kind == NodeAnswerKind.Answered, "it answers again");
    }

    [Fact]
    public async Task A_question_that_Redis_delivers_after_its_deadline_is_not_done()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var asking = new ChannelNode(redis.Configuration, options: ChannelNode.Quick);
        await using var asked = new ChannelNode(redis.Configuration, options: ChannelNode.Quick);
        var done = new ConcurrentQueue<string>();
        asked.Inbox.Answer("note", (body, _) =>
        {
            done.Enqueue(Encoding.UTF8.GetString(body.Span));
            return ValueTask.FromResult(body);
        });
        await asking.ListenAsync("a");
        await asked.ListenAsync("b");
        await Waiting.UntilAsync(async () => (await AskAsync(asking, "b", "note", "before")).Kind == NodeAnswerKind.Answered, "it answers");
        redis.Stop();
        Assert.Equal(NodeAnswerKind.Unknown, (await AskAsync(asking, "b", "note", "late")).Kind);
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
        redis.Continue();
        // Messages of one node come in order, so the late one has come when a later one is answered.
        await Waiting.UntilAsync(async () => (await AskAsync(asking, "b", "note", "after")).Kind == NodeAnswerKind.Answered, "it answers again");
        Assert.Contains("after", done);
        Assert.DoesNotContain("late", done);
    }

    /// <summary>A verb that never ends on its own.</summary>
    /// <returns>Completes when the verb is cancelled.</returns>
    private static Task AnswerUntilCancelled(ChannelNode node, string verb)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        node.Inbox.Answer(verb, async (body, cancellation) =>
        {
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
                return body;
            }
            finally
            {
                ended.SetResult();
            }
        });
        return ended.Task;
    }

    private static async Task<(NodeAnswerKind Kind, string Body)> AskAsync(ChannelNode node, string epoch, string verb, string body)
    {
        var answer = await node.Inbox.AskAsync(epoch, verb, Encoding.UTF8.GetBytes(body), CancellationToken.None);
        return (answer.Kind, Encoding.UTF8.GetString(answer.Body.Span));
    }
}
