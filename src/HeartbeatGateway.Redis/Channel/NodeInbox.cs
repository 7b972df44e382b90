using HeartbeatGateway.Server.Clusters;
using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Channel;

/// <summary>
/// Questions between nodes over pub/sub: each epoch has an inbox, a channel to which questions and answers for it are published (<see cref="NodeEnvelope"/>). Redis
/// answers PUBLISH with the number of receivers, so a node that is gone is known at once. In a Redis Cluster that number counts one master's receivers, so
/// subscriptions and messages of an inbox go to the master of its name's slot.
/// </summary>
internal sealed class NodeInbox : INodeChannel, IAsyncDisposable
{
    private readonly RedisConnection _connection;
    private readonly RedisKeys _keys;
    private readonly ChannelMetrics _metrics;
    private readonly ILogger _logger;
    private readonly RedisClock _clock;
    private readonly NodeAnswers _answers;
    private readonly OwnInbox _inbox;
    private readonly PendingQuestions _pending = new();
    private readonly LogPause _fullLines;

    /// <param name="connection">The connection to Redis.</param>
    /// <param name="keys">The names of inboxes.</param>
    /// <param name="metrics">Counts questions.</param>
    /// <param name="logger">The logger.</param>
    public NodeInbox(RedisConnection connection, RedisKeys keys, ChannelMetrics metrics, ILogger logger)
    {
        (_connection, _keys, _metrics, _logger) = (connection, keys, metrics, logger);
        _clock = new RedisClock(connection.TimeProvider);
        _answers = new NodeAnswers(connection, keys, _clock, logger);
        _inbox = new OwnInbox(connection, keys, _clock, metrics, logger, Receive);
        _fullLines = new LogPause(connection.TimeProvider);
    }

    /// <summary>The epoch under which this node listens now; null while it does not.</summary>
    internal string? Listening => _inbox.Epoch;

    public void Listen(string epoch) => _inbox.Listen(epoch);

    public void LeaveFormer() => _inbox.LeaveFormer();

    public void Answer(string verb, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>>> answer) => _answers.Add(verb, answer);

    public async ValueTask<NodeAnswer> AskAsync(string epoch, string verb, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var own = _inbox.Epoch;
        var answer = epoch == own ? await AskSelfAsync(verb, body, cancellationToken) : await AskOtherAsync(own, epoch, verb, body, cancellationToken);
        _metrics.QuestionEnded(answer.Kind);
        return answer;
    }

    public ValueTask DisposeAsync() => _inbox.DisposeAsync();

    private async Task<NodeAnswer> AskSelfAsync(string verb, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var answer = await _answers.AnswerAsync(verb, body, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        return answer;
    }

    private async Task<NodeAnswer> AskOtherAsync(string? own, string epoch, string verb, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        if (body.Length > NodeAnswers.MaxBodyBytes)
        {
            _logger.NodeMessageTooLarge("question", verb, body.Length, NodeAnswers.MaxBodyBytes);
            return new NodeAnswer(NodeAnswerKind.Failed, default);
        }

        // Without an inbox of its own this node would never get the answer: it does not ask.
        if (own is null || !_connection.IsConnected) return new NodeAnswer(NodeAnswerKind.Unreachable, default);
        if (!_pending.TryAdd(out var id, out var answer))
        {
            if (_fullLines.Allows()) _logger.TooManyQuestions(PendingQuestions.Max, "wait for an answer", verb);
            return new NodeAnswer(NodeAnswerKind.Failed, default);
        }

        try
        {
            return await SendAsync(new NodeEnvelope(EnvelopeKind.Question, id) { Deadline = Deadline(), From = own, Verb = verb, Body = body }, epoch, answer, cancellationToken);
        }
        finally
        {
            _pending.Remove(id);
        }
    }

    private async Task<NodeAnswer> SendAsync(NodeEnvelope question, string epoch, Task<NodeAnswer> answer, CancellationToken cancellationToken)
    {
        var start = _connection.TimeProvider.GetTimestamp();
        try
        {
            var channel = RedisChannel.Literal(_keys.Inbox(epoch)).WithKeyRouting();
            var receivers = await _connection.CallAsync(db => db.PublishAsync(channel, question.Encode()));
            if (receivers == 0 && !answer.IsCompleted) return new NodeAnswer(NodeAnswerKind.Unreachable, default);
            var left = NodeAnswers.AnswerTime - _connection.TimeProvider.GetElapsedTime(start);
            return await answer.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, _connection.TimeProvider, cancellationToken);
        }
        catch (Exception e) when (RedisConnection.IsFailure(e))
        {
            return answer.IsCompletedSuccessfully ? await answer : new NodeAnswer(RedisConnection.MayBeDone(e) ? NodeAnswerKind.Unknown : NodeAnswerKind.Unreachable, default);
        }
    }

    private long Deadline() => _clock.IsKnown ? _clock.Now + (long)NodeAnswers.AnswerTime.TotalMilliseconds : 0;

    private void Receive(NodeEnvelope envelope)
    {
        if (envelope.Kind == EnvelopeKind.Answer) _pending.Answered(envelope.Id, new NodeAnswer(envelope.Result, envelope.Body));
        else _ = _answers.ReceiveAsync(envelope);
    }
}
