using System.Collections.Concurrent;
using HeartbeatGateway.Server.Clusters;
using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Channel;

/// <summary>Answers the questions of other nodes. Bounded in number, in time and in bytes. Thread-safe.</summary>
/// <param name="connection">Sends the answers.</param>
/// <param name="keys">The names of inboxes.</param>
/// <param name="clock">Tells which questions came too late.</param>
/// <param name="logger">The logger.</param>
internal sealed class NodeAnswers(RedisConnection connection, RedisKeys keys, RedisClock clock, ILogger logger)
{
    /// <summary>The most questions that are answered at once.</summary>
    public const int MaxAtOnce = 512;

    /// <summary>The most bytes of a question or an answer. Well below what Redis buffers for a subscriber (client-output-buffer-limit pubsub 32mb 8mb 60).</summary>
    public const int MaxBodyBytes = 4 * 1024 * 1024;

    /// <summary>How long an answer is worth anything: the asking node waits no longer.</summary>
    public static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>>>> _verbs = new(StringComparer.Ordinal);
    private readonly LogPause _fullLines = new(connection.TimeProvider);
    private readonly LogPause _sendLines = new(connection.TimeProvider);
    private readonly LogPause _verbLines = new(connection.TimeProvider);
    private int _active;

    public void Add(string verb, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>>> answer) => _verbs[verb] = answer;

    /// <summary>Answers a question, and sends the answer to the inbox of the node that asked. Never throws.</summary>
    public async Task ReceiveAsync(NodeEnvelope question)
    {
        // Its node waits no longer: doing now what it asked would surprise its caller.
        if (clock.IsPast(question.Deadline)) return;
        using var limit = new CancellationTokenSource(RemainingOf(question), connection.TimeProvider);
        var answer = await AnswerAsync(question.Verb, question.Body, limit.Token);
        // A verb that was cancelled may have done some of it: no answer says so, and "failed" would not. The clock alone may be a moment behind the cancellation.
        if (!limit.IsCancellationRequested && !clock.IsPast(question.Deadline)) await SendAsync(question, answer);
    }

    /// <summary>The answer of this node. Never throws but for the token.</summary>
    public async ValueTask<NodeAnswer> AnswerAsync(string verb, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var failed = new NodeAnswer(NodeAnswerKind.Failed, default);
        if (!_verbs.TryGetValue(verb, out var answer))
        {
            if (_verbLines.Allows()) logger.VerbUnknown(verb);
            return failed;
        }

        try
        {
            if (Interlocked.Increment(ref _active) > MaxAtOnce)
            {
                if (_fullLines.Allows()) logger.TooManyQuestions(MaxAtOnce, "are answered", verb);
                return failed;
            }

            var content = await answer(body, cancellationToken);
            if (content.Length <= MaxBodyBytes) return new NodeAnswer(NodeAnswerKind.Answered, content);
            logger.NodeMessageTooLarge("answer", verb, content.Length, MaxBodyBytes);
            return failed;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return failed;
        }
        catch (Exception e)
        {
            logger.QuestionFailed(e, verb);
            return failed;
        }
        finally
        {
            Interlocked.Decrement(ref _active);
        }
    }

    private TimeSpan RemainingOf(NodeEnvelope question)
    {
        if (question.Deadline == 0 || !clock.IsKnown) return AnswerTime;
        var remaining = TimeSpan.FromMilliseconds(question.Deadline - clock.Now);
        return remaining < TimeSpan.Zero ? TimeSpan.Zero : remaining > AnswerTime ? AnswerTime : remaining;
    }

    private async Task SendAsync(NodeEnvelope question, NodeAnswer answer)
    {
        var envelope = new NodeEnvelope(EnvelopeKind.Answer, question.Id) { Result = answer.Kind, Body = answer.Body };
        try
        {
            var channel = RedisChannel.Literal(keys.Inbox(question.From)).WithKeyRouting();
            await connection.CallAsync(db => db.PublishAsync(channel, envelope.Encode()));
        }
        catch (Exception e) when (RedisConnection.IsFailure(e))
        {
            if (_sendLines.Allows()) logger.AnswerNotSent(question.Verb, RedisCause.Of(e));
        }
    }
}
