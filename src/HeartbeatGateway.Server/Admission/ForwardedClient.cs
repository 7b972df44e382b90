using System.Net;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Connection;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Transports;

namespace HeartbeatGateway.Server.Admission;

/// <summary>Counts a connection of a trusted proxy by its client's address, as soon as the layer before the read loop has learnt it.</summary>
internal sealed class ForwardedClient(GatewayConnection connection, EngineContext context, EngineSettings settings, AdmissionRules rules, AcceptControl accepts) : IForwardedClientFeature
{
    public bool IsTrustedProxy(IPAddress address) => settings.IsTrustedProxy(new IPEndPoint(address, 0));

    public bool TryEnter(IPEndPoint? client)
    {
        if (client is not null) connection.Transport.RemoteEndPoint = client;
        var address = AddressKey.From(connection.RemoteEndPoint);
        var refusal = rules.TakeAddress(connection.RemoteEndPoint, address, settings, out var isCounted);
        connection.MoveTo(address, isCounted);
        rules.CheckOpened(connection);
        // It was admitted before its address was known, so it is counted as opened and as closed, too.
        if (refusal == CloseReason.None) return true;
        if (refusal == CloseReason.Banned) connection.Close(new CloseRequest(CloseReason.Banned) { Detail = "the address of this client is banned" });
        rules.ReturnAccept(settings, context.Elapsed(connection.OpenedAt, context.Now));
        accepts.Reject(connection.RemoteEndPoint, refusal);
        return false;
    }
}
