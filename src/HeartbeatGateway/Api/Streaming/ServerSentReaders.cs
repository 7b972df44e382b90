using HeartbeatGateway.Api.Access;

namespace HeartbeatGateway.Api.Streaming;

/// <summary>The readers of one stream of server-sent events (WHATWG HTML), of which there is a bounded number.</summary>
/// <param name="keys">The keys in force.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class ServerSentReaders(ApiKeyRing keys, TimeProvider timeProvider)
{
    public const string ContentType = "text/event-stream";

    /// <summary>The most readers of a stream at a time: each holds an HTTP connection, and others are needed for health checks and scrapes.</summary>
    public const int Max = 32;

    private int _readers;

    /// <summary>Runs until the reader leaves or takes nothing for too long, or until <paramref name="run"/> ends.</summary>
    /// <param name="context">The request.</param>
    /// <param name="run">Writes the stream.</param>
    /// <returns>False when there are too many readers; nothing was written then.</returns>
    public async Task<bool> TryRunAsync(HttpContext context, Func<ServerSentReader, Task> run)
    {
        if (Interlocked.Increment(ref _readers) > Max)
        {
            Interlocked.Decrement(ref _readers);
            return false;
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        try
        {
            using var reader = new ServerSentReader(context, keys, timeProvider, ending);
            await run(reader);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The reader left, or took nothing for too long.
        }
        finally
        {
            Interlocked.Decrement(ref _readers);
        }

        return true;
    }

    /// <summary>The answer when <see cref="TryRunAsync"/> is false.</summary>
    public static IResult TooMany() =>
        ApiProblem.Create(StatusCodes.Status503ServiceUnavailable, "too_many_readers", $"{Max} readers follow the events already; try again later.");
}
