using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Messages;
using Microsoft.Win32.SafeHandles;

namespace HeartbeatGateway.FaultHost;

/// <summary>
/// Executes the command that is the type of a message: <c>broadcast</c> sends its content to all clients; <c>echo</c> sends it back;
/// <c>relay</c> splits it at the first blank and sends the rest to the client with the id before the blank; <c>block-pool</c> blocks every
/// thread of the pool for the number of seconds in its content; <c>throw</c> throws; <c>collect</c> runs a full garbage collection;
/// <c>take-descriptors</c> opens files until the number of descriptors in its content is in use; <c>release-descriptors</c> closes them.
/// All other messages are accepted and discarded.
/// </summary>
internal sealed class ScriptedSink(IServiceProvider services) : IMessageSink
{
    private readonly ConcurrentStack<SafeFileHandle> _descriptors = new();

    private GatewayEngine Engine => services.GetRequiredService<GatewayEngine>();

    public ValueTask AcceptAsync(GatewayMessage message, CancellationToken cancellationToken)
    {
        switch (message.Type)
        {
            case "broadcast":
                Engine.Broadcast("news", message.Content);
                break;
            case "echo":
                Engine.Send(message.ConnectionId, "echo", message.Content);
                break;
            case "relay":
                Relay(message.Content);
                break;
            case "block-pool":
                BlockPool(TimeSpan.FromSeconds(double.Parse(Encoding.UTF8.GetString(message.Content.Span), CultureInfo.InvariantCulture)));
                break;
            case "throw":
                throw new InvalidOperationException("This sink throws on command.");
            case "collect":
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                break;
            case "take-descriptors":
                TakeDescriptors(int.Parse(Encoding.UTF8.GetString(message.Content.Span), CultureInfo.InvariantCulture));
                break;
            case "release-descriptors":
                ReleaseDescriptors();
                break;
            default:
                break;
        }

        return default;
    }

    private void Relay(ReadOnlyMemory<byte> content)
    {
        var blank = content.Span.IndexOf((byte)' ');
        if (Engine.FindClient(Encoding.UTF8.GetString(content.Span[..blank])) is { } client) Engine.Send(client.ConnectionId, "relay", content[(blank + 1)..]);
    }

    private void TakeDescriptors(int inUse)
    {
        // The listing itself uses one descriptor for the folder.
        while (Directory.EnumerateFileSystemEntries("/proc/self/fd").Count() - 1 < inUse) _descriptors.Push(File.OpenHandle("/dev/null"));
    }

    private void ReleaseDescriptors()
    {
        while (_descriptors.TryPop(out var descriptor)) descriptor.Dispose();
    }

    /// <summary>Queues more blocking work items than the pool has threads, including those that it adds in that time.</summary>
    private static void BlockPool(TimeSpan time)
    {
        const int MoreThanPoolThreads = 200;
        var began = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < MoreThanPoolThreads; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                _ =>
                {
                    using var never = new ManualResetEventSlim();
                    var left = time - TimeProvider.System.GetElapsedTime(began);
                    if (left > TimeSpan.Zero) never.Wait(left);
                },
                null);
        }
    }
}
