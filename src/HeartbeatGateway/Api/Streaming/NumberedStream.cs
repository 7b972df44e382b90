using System.Buffers;
using HeartbeatGateway.Api.Access;
using HeartbeatGateway.Server;

namespace HeartbeatGateway.Api.Streaming;

/// <summary>Writes numbered events of one kind to readers. A reader that falls behind what is kept is ended and can resume.</summary>
/// <typeparam name="T">The event.</typeparam>
internal abstract class NumberedStream<T>(IHeartbeatGateway gateway, ApiKeyRing keys, StreamEventId ids, TimeProvider timeProvider)
{
    private const int FlushBytes = 16 * 1024;

    private readonly ServerSentReaders _readers = new(keys, timeProvider);

    /// <summary>The number of the last event.</summary>
    protected abstract long Last { get; }

    /// <summary>The number of the oldest event that is kept.</summary>
    protected abstract long Oldest { get; }

    /// <summary>Runs until the reader leaves, its key is withdrawn or expires, it falls behind, or the gateway has closed its last connection to stop.</summary>
    /// <param name="context">The request.</param>
    /// <param name="anEventId">What an id can be, besides that of an event; for the error.</param>
    /// <param name="gone">The answer when the stream cannot be resumed, from the reason.</param>
    public async Task<IResult> RunAsync(HttpContext context, string anEventId, Func<string, IResult> gone)
    {
        var text = context.Request.Headers["Last-Event-ID"].ToString();
        var after = Last;
        if (text.Length > 0)
        {
            if (!ids.TryRead(text, out var sequence, out var isOfThisRun)) return ApiProblem.BadRequest("invalid_event_id", $"The header Last-Event-ID is '{ApiText.Quote(text)}', but must be {anEventId}.");
            if (!isOfThisRun) return gone("is of an earlier run of the gateway");
            if (sequence > after) return gone("has not happened yet");
            if (sequence + 1 < Oldest) return gone("is too long ago: events after it are no longer kept");
            after = sequence;
        }

        return await _readers.TryRunAsync(context, reader => WriteAsync(reader, after)) ? Results.Empty : ServerSentReaders.TooMany();
    }

    /// <summary>The events after one, as they happen.</summary>
    protected abstract IAsyncEnumerable<T> Follow(long after, CancellationToken cancellationToken);

    /// <summary>True for the exception of <see cref="Follow"/> that says that events are no longer kept.</summary>
    protected abstract bool IsGap(Exception exception);

    /// <summary>Appends an event to a buffer, with the id that is made of its number.</summary>
    protected abstract void Append(ArrayBufferWriter<byte> buffer, T e);

    private async Task WriteAsync(ServerSentReader reader, long after)
    {
        await reader.WriteAsync($": events after {ids.Write(after)}\n\n");
        await using var events = new PendingEvents<T>(token => Follow(after, token), reader.Ending);
        while (await reader.WaitAsync(events.Next))
        {
            // A draining gateway still has events to report; one without connections has none.
            if (events.Next.IsCompleted ? !await WriteWaitingAsync(reader, events) : gateway is { IsStopping: true, OpenConnections: 0 }) return;
        }
    }

    /// <summary>Writes all events that are there already, then flushes once.</summary>
    /// <returns>False when the reader fell behind what is kept: it resumes by Last-Event-ID, and gets 410.</returns>
    private async Task<bool> WriteWaitingAsync(ServerSentReader reader, PendingEvents<T> events)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        var isBehind = false;
        try
        {
            while (events.Next.IsCompleted && buffer.WrittenCount < FlushBytes && await events.Next)
            {
                Append(buffer, events.Current);
                events.Advance();
            }
        }
        catch (Exception e) when (IsGap(e))
        {
            isBehind = true;
        }

        await reader.WriteAsync(buffer.WrittenMemory);
        return !isBehind;
    }
}
