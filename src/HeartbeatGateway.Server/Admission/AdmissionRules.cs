using System.Net;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Bans;
using HeartbeatGateway.Server.Connection;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Limits;
using HeartbeatGateway.Server.Options;

namespace HeartbeatGateway.Server.Admission;

/// <summary>What decides about a new connection: limits on all connections, then bans and the limit of its address. A connection that is refused gives its place back.</summary>
internal sealed class AdmissionRules(AdmissionGate gate, LimitEnforcer limits, BanGate bans)
{
    /// <summary>Takes a place.</summary>
    /// <returns>Why the connection is rejected; <see cref="CloseReason.None"/> when it is not.</returns>
    public CloseReason Enter(EndPoint? remote, EngineSettings settings)
    {
        var isAdmitted = gate.TryEnter(settings, out var above);
        if (above != LimitKind.None) limits.ReportViolation(above & settings.ReportOnly, remote);
        return isAdmitted ? CloseReason.None : ReasonOf(above & ~settings.ReportOnly);
    }

    /// <summary>Takes a place of the client's address, which may be known only after a PROXY header.</summary>
    /// <param name="remote">The client's address.</param>
    /// <param name="address">The same, as limits count it.</param>
    /// <param name="settings">The settings in force.</param>
    /// <param name="isCounted">The place of the address has to be returned.</param>
    /// <returns>Why the connection is rejected; <see cref="CloseReason.None"/> when it is not.</returns>
    public CloseReason EnterAddress(EndPoint? remote, AddressKey address, EngineSettings settings, out bool isCounted)
    {
        var refusal = TakeAddress(remote, address, settings, out isCounted);
        if (refusal == CloseReason.None) return refusal;
        gate.Leave(address, countedByAddress: false);
        gate.ReturnAccept(settings, age: TimeSpan.Zero);
        return refusal;
    }

    /// <summary>As <see cref="EnterAddress"/>, for an open connection whose client becomes known later: it keeps its other place until it is removed.</summary>
    /// <inheritdoc cref="EnterAddress"/>
    public CloseReason TakeAddress(EndPoint? remote, AddressKey address, EngineSettings settings, out bool isCounted)
    {
        isCounted = false;
        if (bans.RefusesAddress(remote)) return CloseReason.Banned;
        var isAdmitted = gate.TryEnterAddress(address, settings, out isCounted, out var isAbove);
        if (isAbove && isAdmitted) limits.ReportViolation(LimitKind.Address, remote);
        return isAdmitted ? CloseReason.None : CloseReason.LimitAddress;
    }

    /// <inheritdoc cref="AdmissionGate.ReturnAccept"/>
    public void ReturnAccept(EngineSettings settings, TimeSpan age) => gate.ReturnAccept(settings, age);

    /// <inheritdoc cref="BanGate.CheckOpened"/>
    public void CheckOpened(GatewayConnection connection) => bans.CheckOpened(connection);

    private static CloseReason ReasonOf(LimitKind limit) => limit switch
    {
        LimitKind.Total => CloseReason.LimitTotal,
        LimitKind.Memory => CloseReason.LimitMemory,
        LimitKind.Rate => CloseReason.LimitRate,
        _ => throw new ArgumentOutOfRangeException(nameof(limit), limit, "This limit rejects no new connection."),
    };
}
