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
        var (level, name) = (context.Settings.CloseLevels.Of(reason), reason.ToWireName());
        if (reason != CloseReason.LimitDescriptors)
        {
            if (!context.MayLog(level, LineKind.Limit, AddressKey.From(remote))) return;
            var (address, port) = (RemoteAddress.Of(remote), RemoteAddress.PortOf(remote));
            context.Logger.ConnectionRejected(level, remote, name, address, port);
        }
        else if (_descriptorLines.Allows())
        {
            var count = _descriptorLines.TakeSuppressed() + 1;
            context.Logger.DescriptorsUsedUp(level, count, remote, name);
        }
    }
}
