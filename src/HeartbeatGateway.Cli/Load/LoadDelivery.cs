using HeartbeatGateway.Client;

namespace HeartbeatGateway.Cli.Load;

/// <summary>With <c>--ack</c>: what became of the messages of a run, after all clients have closed.</summary>
internal sealed record LoadDelivery
{
    /// <summary>Messages that the gateway has acknowledged.</summary>
    public required long Acknowledged { get; init; }

    /// <summary>How often a message was sent again after a reconnect.</summary>
    public required long Resent { get; init; }

    /// <summary>Messages of the gateway that had arrived before.</summary>
    public required long Duplicates { get; init; }

    /// <summary>Messages that a client took and gave up without an acknowledgement. They may have arrived if they were sent.</summary>
    public required long Lost { get; init; }

    /// <summary>From the call that sends a message to its acknowledgement, with the time in the queue and across reconnects.</summary>
    public Latencies? AcknowledgementTime { get; init; }

    /// <param name="taken">Messages that the clients took.</param>
    /// <param name="clients">The counts of each client.</param>
    /// <param name="times">The times to the acknowledgement.</param>
    public static LoadDelivery Of(long taken, IReadOnlyCollection<AcknowledgementCounts> clients, Percentiles times)
    {
        var acknowledged = clients.Sum(c => c.Acknowledged);
        return new LoadDelivery
        {
            Acknowledged = acknowledged,
            Resent = clients.Sum(c => c.Resent),
            Duplicates = clients.Sum(c => c.Duplicates),
            Lost = taken - acknowledged,
            AcknowledgementTime = times.Read(),
        };
    }
}
