using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Messages;
using Microsoft.Win32.SafeHandles;

namespace HeartbeatGateway.FaultHost;

/// <summary>
/// Does what a message asks for: <c>broadcast</c> and <c>echo</c> send its content to all and back, <c>relay</c> sends to the client whose name
/// stands before the first blank of its content what follows it, <c>block-pool</c> blocks every thread of the pool for as many seconds as
/// its content says, <c>throw</c> throws, <c>collect</c> collects garbage, <c>take-descriptors</c> opens files until as many
/// descriptors are in use as its content says, <c>release-descriptors</c> closes them. Anything else is taken and forgotten.
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
                throw new InvalidOperationException("This sink throws when it is told to.");
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
        // The folder that is listed is one of them while it is listed.
        while (Directory.EnumerateFileSystemEntries("/proc/self/fd").Count() - 1 < inUse) _descriptors.Push(File.OpenHandle("/dev/null"));
    }

    private void ReleaseDescriptors()
    {
        while (_descriptors.TryPop(out var descriptor)) descriptor.Dispose();
    }

    /// <summary>More blocked work than the pool has or gets threads for in that time.</summary>
    private static void BlockPool(TimeSpan time)
    {
        const int MoreThanThePoolGrows = 200;
        var began = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < MoreThanThePoolGrows; i++)
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
