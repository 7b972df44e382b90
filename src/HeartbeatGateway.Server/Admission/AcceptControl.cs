using System.Net;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Limits;
using HeartbeatGateway.Server.Telemetry;
using HeartbeatGateway.Shared.Logging;

namespace HeartbeatGateway.Server.Admission;

/// <summary>Counts connections between a listener's accept and their admission, so that the limit by file descriptors holds for them as well.</summary>
internal sealed class AcceptControl(EngineContext context, AdmissionGate gate) : IAcceptControl
{
    // Rejected peers retry again and again: one line a second reports them, with their number.
    private readonly LogThrottle _descriptorLines = new(context.TimeProvider, burst: 1, perSecond: 1);

    // A number and not a mark on each connection, which would take a hundred bytes of every client for as long as it lives.
    private int _pending;

    public int PendingAccepts => Volatile.Read(ref _pending);

    public bool IsOutOfDescriptors => ProcessLimits.MostConnections > 0 && gate.Places + PendingAccepts >= ProcessLimits.MostConnections;

    public void BeginListening() => ProcessLimits.EnsureRead();

    public void BeginAccept() => Interlocked.Increment(ref _pending);

    public void EndAccept()
    {
        // Not every listener announces its connections: never below 0.
        for (var before = PendingAccepts; before > 0;)
        {
            var seen = Interlocked.CompareExchange(ref _pending, before - 1, before);
            if (seen == before) return;
            before = seen;
        }
    }

    public void RejectForDescriptors(EndPoint? remote) => Reject(remote, CloseReason.LimitDescriptors);

    /// <summary>Counts and logs that a connection was rejected before it was admitted.</summary>
    public void Reject(EndPoint? remote, CloseReason reason)
    {
        context.Metrics.ConnectionRejected(reason);
        if (reason != CloseReason.LimitDescriptors)
        {
            if (context.PeerLines.Allows()) context.Logger.ConnectionRejected(remote, reason.ToWireName());
        }
        else if (_descriptorLines.Allows())
        {
            context.Logger.DescriptorsUsedUp(_descriptorLines.TakeSuppressed() + 1, remote, reason.ToWireName());
        }
    }
}
