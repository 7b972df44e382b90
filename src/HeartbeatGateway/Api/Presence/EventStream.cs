using System.Buffers;
using HeartbeatGateway.Api.Access;
using HeartbeatGateway.Api.Streaming;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Clients;

namespace HeartbeatGateway.Api.Presence;

/// <summary>Writes presence events to readers. A reader that falls behind what is kept is ended and can resume.</summary>
internal sealed class EventStream(IHeartbeatGateway gateway, ApiKeyRing keys, PresenceEventId ids, TimeProvider timeProvider)
{
    private const int FlushBytes = 16 * 1024;

    private readonly ServerSentReaders _readers = new(keys, timeProvider);

    /// <summary>Runs until the reader leaves, its key is withdrawn or expires, it falls behind, or the gateway has closed its last connection to stop.</summary>
    /// <returns>False when there are too many readers; nothing was written then.</returns>
    public Task<bool> TryRunAsync(HttpContext context, long after) => _readers.TryRunAsync(context, reader => RunAsync(reader, after));

    private async Task RunAsync(ServerSentReader reader, long after)
    {
        await reader.WriteAsync($": events after {ids.Write(after)}\n\n");
        await using var events = new PendingPresence(gateway, after, reader.Ending);
        while (await reader.WaitAsync(events.Next))
        {
            // A draining gateway still has disconnects to report; one without connections has none.
            if (events.Next.IsCompleted ? !await WriteWaitingAsync(reader, events) : gateway is { IsStopping: true, OpenConnections: 0 }) return;
        }
    }

    /// <summary>Writes all events that are there already, then flushes once.</summary>
    /// <returns>False when the reader fell behind what is kept: it resumes by Last-Event-ID, and gets 410 with the address of the snapshot.</returns>
    private async Task<bool> WriteWaitingAsync(ServerSentReader reader, PendingPresence events)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        var isBehind = false;
        try
        {
            while (events.Next.IsCompleted && buffer.WrittenCount < FlushBytes && await events.Next)
            {
                var e = events.Current;
                ServerSentReader.Append(buffer, PresenceMessage.NameOf(e.Change), ids.Write(e.Sequence), PresenceMessage.Of(e), ApiJson.Default.PresenceMessage);
                events.Advance();
            }
        }
        catch (PresenceGapException)
        {
            isBehind = true;
        }

        await reader.WriteAsync(buffer.WrittenMemory);
        return !isBehind;
    }
}
