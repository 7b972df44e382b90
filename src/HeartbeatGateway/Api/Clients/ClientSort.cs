using System.Collections.Immutable;
using HeartbeatGateway.Server.Connection;

namespace HeartbeatGateway.Api.Clients;

/// <summary>
/// An order of the list of clients. Values are whole numbers, so that a cursor holds them exactly. A larger value comes later in ascending order.
/// </summary>
/// <param name="Name">Its name in queries.</param>
/// <param name="ValueOf">The value of a connection.</param>
/// <param name="IsStable">True when the value of a connection never changes: then paging shows each connection exactly once.</param>
internal sealed record ClientSort(string Name, Func<ConnectionView, long> ValueOf, bool IsStable = false)
{
    /// <summary>The order without a <c>sort</c>: as they were opened.</summary>
    public static readonly ClientSort Default = new("connectedAt", static c => c.Id.Sequence, IsStable: true);

    /// <summary>All orders.</summary>
    public static readonly ImmutableArray<ClientSort> All =
    [
        Default,
        new("lastReceived", static c => -c.SinceLastRead.Ticks),
        new("idle", static c => c.SinceLastRead.Ticks),
        new("rtt", static c => c.GetTcpStatistics()?.RoundTripTime.Ticks ?? 0),
        new("retransmits", static c => c.GetTcpStatistics()?.Retransmits ?? 0),
        new("heartbeatJitter", static c => c.HeartbeatJitter.Ticks),
        new("reconnects", static c => c.Reconnects),
        new("pendingBytes", static c => c.PendingBytes),
        new("bytes", static c => c.BytesRead + c.BytesWritten),
    ];

    public static ClientSort? Find(string name) => All.FirstOrDefault(sort => sort.Name == name);
}
