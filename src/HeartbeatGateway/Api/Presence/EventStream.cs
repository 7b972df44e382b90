using System.Buffers;
using System.Text.Json;
using HeartbeatGateway.Api.Access;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Clients;

namespace HeartbeatGateway.Api.Presence;

/// <summary>
/// Writes presence events to a reader (WHATWG HTML, server-sent events). Nothing is buffered for a slow reader beyond its socket: a reader that takes
/// nothing for a time, or falls behind what is kept, is ended and can resume.
/// </summary>
internal sealed class EventStream(IHeartbeatGateway gateway, ApiKeyRing keys, PresenceEventId ids, TimeProvider timeProvider)
{
    public const string ContentType = "text/event-stream";

    /// <summary>The most readers at a time: each holds an HTTP connection, and others are needed for health checks and scrapes.</summary>
    public const int MaxReaders = 32;

    private const int FlushBytes = 16 * 1024;

    /// <summary>How long a reader may take nothing.</summary>
    private static readonly TimeSpan WriteTimeout = TimeSpan.FromSeconds(10);

    /// <summary>A comment is sent after this time without an event, so that proxies keep the connection and readers notice its end.</summary>
    private static readonly TimeSpan CommentInterval = TimeSpan.FromSeconds(10);

    /// <summary>How often it is checked whether the caller may still read, and whether the gateway has stopped.</summary>
    private static readonly TimeSpan CheckInterval = TimeSpan.FromMilliseconds(500);

    private int _readers;

    /// <summary>Runs until the reader leaves, its key is withdrawn or expires, it falls behind, or the gateway has closed its last connection to stop.</summary>
    /// <returns>False when there are too many readers; nothing was written then.</returns>
    public async Task<bool> TryRunAsync(HttpContext context, long after)
    {
        if (Interlocked.Increment(ref _readers) > MaxReaders)
        {
            Interlocked.Decrement(ref _readers);
            return false;
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        try
        {
            await RunAsync(context, after, ending);
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

    private async Task RunAsync(HttpContext context, long after, CancellationTokenSource ending)
    {
        var response = context.Response;
        response.ContentType = ContentType;
        response.Headers.CacheControl = "no-store";
        // Asks nginx not to collect events before it passes them on.
        response.Headers["X-Accel-Buffering"] = "no";
        var caller = ApiCaller.Of(context);
        await WriteAsync(response, $": events after {ids.Write(after)}\n\n", ending);

        await using var events = new PendingPresence(gateway, after, ending);
        using var ticks = new PeriodicTimer(CheckInterval, timeProvider);
        var tick = ticks.WaitForNextTickAsync(ending.Token).AsTask();
        var lastWrite = timeProvider.GetTimestamp();
        while (true)
        {
            await Task.WhenAny(events.Next, tick);
            if (tick.IsCompleted)
            {
                await tick;
                if (!keys.StillAllows(caller)) return;
                // A draining gateway still has disconnects to report; one without connections has none.
                if (gateway is { IsStopping: true, OpenConnections: 0 } && !events.Next.IsCompleted) return;
                tick = ticks.WaitForNextTickAsync(ending.Token).AsTask();
            }

            if (events.Next.IsCompleted)
            {
                if (!await WriteWaitingAsync(response, events, ending)) return;
                lastWrite = timeProvider.GetTimestamp();
            }
            else if (timeProvider.GetElapsedTime(lastWrite) >= CommentInterval)
            {
                await WriteAsync(response, ":\n\n", ending);
                lastWrite = timeProvider.GetTimestamp();
            }
        }
    }

    /// <summary>Writes all events that are there already, then flushes once.</summary>
    /// <returns>False when the reader fell behind what is kept: it resumes by Last-Event-ID, and gets 410 with the address of the snapshot.</returns>
    private async Task<bool> WriteWaitingAsync(HttpResponse response, PendingPresence events, CancellationTokenSource ending)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        var isBehind = false;
        try
        {
            while (events.Next.IsCompleted && buffer.WrittenCount < FlushBytes && await events.Next)
            {
                Write(buffer, events.Current);
                events.Advance();
            }
        }
        catch (PresenceGapException)
        {
            isBehind = true;
        }

        await FlushAsync(response, buffer.WrittenMemory, ending);
        return !isBehind;
    }

    private void Write(ArrayBufferWriter<byte> buffer, PresenceEvent e)
    {
        var head = $"event: {PresenceMessage.NameOf(e.Change)}\nid: {ids.Write(e.Sequence)}\ndata: ";
        buffer.Write(System.Text.Encoding.ASCII.GetBytes(head));
        using (var json = new Utf8JsonWriter(buffer)) JsonSerializer.Serialize(json, PresenceMessage.Of(e), ApiJson.Default.PresenceMessage);
        buffer.Write("\n\n"u8);
    }

    private Task WriteAsync(HttpResponse response, string text, CancellationTokenSource ending) =>
        FlushAsync(response, System.Text.Encoding.ASCII.GetBytes(text), ending);

    private async Task FlushAsync(HttpResponse response, ReadOnlyMemory<byte> bytes, CancellationTokenSource ending)
    {
        using var timeout = new CancellationTokenSource(WriteTimeout, timeProvider);
        await using var link = timeout.Token.UnsafeRegister(static state => ((HttpContext)state!).Abort(), response.HttpContext);
        await response.BodyWriter.WriteAsync(bytes, ending.Token);
        await response.BodyWriter.FlushAsync(ending.Token);
    }
}
