using System.Globalization;
using System.Text;
using HeartbeatGateway.Connections;
using HeartbeatGateway.Connections.Messages;

namespace HeartbeatGateway.FaultHost;

/// <summary>
/// Does what a message asks for: <c>broadcast</c> and <c>echo</c> send its content to all and back, <c>block-pool</c> blocks every thread
/// of the pool for as many seconds as its content says, <c>throw</c> throws, <c>collect</c> collects garbage. Anything else is taken and forgotten.
/// </summary>
internal sealed class ObedientSink(IServiceProvider services) : IMessageSink
{
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
            case "block-pool":
                BlockPool(TimeSpan.FromSeconds(double.Parse(Encoding.UTF8.GetString(message.Content.Span), CultureInfo.InvariantCulture)));
                break;
            case "throw":
                throw new InvalidOperationException("This sink throws when it is told to.");
            case "collect":
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                break;
            default:
                break;
        }

        return default;
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
