using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Streams;

/// <summary>
/// Adds batches of messages to one stream. After a time-out it sends nothing until Redis has answered what was sent before on the same connection: otherwise the
/// repeat of an earlier message would come behind a later one. One user at a time.
/// </summary>
/// <param name="stream">The key of the stream.</param>
/// <param name="connection">The connection to Redis.</param>
internal sealed class MessageAppender(RedisKey stream, RedisConnection connection)
{
    /// <summary>The library ends each call soon after <see cref="RedisOptions.CallTimeout"/>; a lane must not wait for ever when it does not.</summary>
    private static readonly TimeSpan LateAnswerBound = TimeSpan.FromSeconds(5);

    private bool _mayBeUnanswered;

    /// <summary>Adds a batch, in one write. Marks the messages that are not known to be in the stream and may be in it.</summary>
    /// <returns>How many from the first on are in the stream, and the failure if not all are. Those from the first failure on have to be added again.</returns>
    public async Task<(int Added, Exception? Failure)> AddAsync(IReadOnlyList<WaitingMessage> batch)
    {
        Task<RedisValue>[] calls = [];
        var all = Task.FromResult<RedisValue[]>([]);
        Exception? failure = null;
        try
        {
            if (_mayBeUnanswered) await WaitForAnswersAsync();
            await connection.CallAsync(db =>
            {
                calls = [.. batch.Select(m => AddAsync(db, m))];
                return all = Task.WhenAll(calls);
            });
        }
        catch (Exception e)
        {
            // Whatever it is: without the lane its clients would wait for ever.
            failure = e;
        }

        // An answer that comes within the bound of the library counts.
        await ((Task)all).WaitAsync(LateAnswerBound, connection.TimeProvider).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var added = calls.TakeWhile(c => c.IsCompletedSuccessfully).Count();
        for (var i = added; i < calls.Length; i++)
        {
            batch[i].MayBeAdded |= MayBeAdded(calls[i]);
            _mayBeUnanswered |= MayBeUnanswered(calls[i]);
        }

        return (added, failure);
    }

    private static bool MayBeAdded(Task call) => RedisConnection.MayBeDone(call.Exception?.InnerException);

    /// <summary>A call that ended with its connection gets no answer any more.</summary>
    private static bool MayBeUnanswered(Task call) =>
        !call.IsCompletedSuccessfully && MayBeAdded(call) && call.Exception?.InnerException is not RedisConnectionException;

    private Task<RedisValue> AddAsync(IDatabase db, WaitingMessage message) => db.StreamAddAsync(
        stream, message.Fields(connection.Options.NodeName), maxLength: connection.Options.MaxMessages, useApproximateMaxLength: true);

    /// <summary>Redis answers in order, so with the answer to this call it has answered what was sent before.</summary>
    private async Task WaitForAnswersAsync()
    {
        try
        {
            await connection.CallAsync(db => db.KeyTimeToLiveAsync(stream, CommandFlags.DemandMaster));
        }
        catch (RedisServerException)
        {
            // It is refused, and so answered.
        }

        _mayBeUnanswered = false;
    }
}
