using HeartbeatGateway.Client;

namespace HeartbeatGateway.Cli.Connect;

/// <summary>
/// Shows each dropped message of a client once. It reads the client's counts, not its events: the last events may come after the session's end.
/// Called under the lock of the session.
/// </summary>
internal sealed class ShownDrops(GatewayClient client, IConnectView view)
{
    private static readonly MessageDropReason[] Reasons = Enum.GetValues<MessageDropReason>();
    private readonly long[] _shown = new long[Reasons.Length];

    /// <summary>The number of shown drops of messages from the gateway.</summary>
    public long Received => _shown[(int)MessageDropReason.ReceiveQueueFull] + _shown[(int)MessageDropReason.ReceivedAfterStop];

    /// <summary>Shows the drops since the previous call.</summary>
    public void Show()
    {
        foreach (var reason in Reasons)
        {
            var dropped = client.CountDropped(reason) - _shown[(int)reason];
            if (dropped == 0) continue;
            _shown[(int)reason] += dropped;
            view.Dropped(reason, dropped);
        }
    }
}
