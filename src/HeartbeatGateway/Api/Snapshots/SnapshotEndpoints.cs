using System.Buffers;
using HeartbeatGateway.Api.Access;
using HeartbeatGateway.Api.Streaming;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server;

namespace HeartbeatGateway.Api.Snapshots;

/// <summary>Streams snapshots to the status page: the history first, then one each second. A reader that is behind gets those that it missed.</summary>
internal sealed class SnapshotEndpoints(SnapshotHistory history, IHeartbeatGateway gateway, IHostApplicationLifetime lifetime, ApiKeyRing keys, TimeProvider timeProvider)
{
    private readonly ServerSentReaders _readers = new(keys, timeProvider);

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/snapshots", (HttpContext context, SnapshotEndpoints snapshots) => snapshots.FollowAsync(context))
            .Produces(StatusCodes.Status200OK, contentType: ServerSentReaders.ContentType).ProducesProblem(503)
            .RequireScope(ApiScope.Read).WithSummary("Server-sent snapshots of the gateway as a whole: the last five minutes, then one each second.");

    private async Task<IResult> FollowAsync(HttpContext context) => await _readers.TryRunAsync(context, RunAsync) ? Results.Empty : ServerSentReaders.TooMany();

    private async Task RunAsync(ServerSentReader reader)
    {
        var buffer = new ArrayBufferWriter<byte>(16 * 1024);
        var part = history.After(0);
        ServerSentReader.Append(buffer, "history", null, part.Snapshots, ApiJson.Default.IReadOnlyListSnapshot);
        await reader.WriteAsync(buffer.WrittenMemory);
        while (await reader.WaitAsync(part.Next))
        {
            // A stopping gateway is shown until its last connection has ended; the host waits for this stream.
            if (lifetime.ApplicationStopping.IsCancellationRequested && gateway.OpenConnections == 0) return;
            if (!part.Next.IsCompleted) continue;
            part = history.After(part.Last);
            buffer.ResetWrittenCount();
            foreach (var snapshot in part.Snapshots) ServerSentReader.Append(buffer, "snapshot", null, snapshot, ApiJson.Default.Snapshot);
            await reader.WriteAsync(buffer.WrittenMemory);
        }
    }
}
