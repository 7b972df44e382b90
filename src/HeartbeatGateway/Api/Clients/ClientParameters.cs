using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;

namespace HeartbeatGateway.Api.Clients;

/// <summary>The query of <c>GET /api/v1/clients</c>, as texts; <see cref="ClientQueryReader"/> reads them.</summary>
internal sealed class ClientParameters
{
    [FromQuery(Name = "id"), Description("A client id; repeatable. Without it all connections are listed, anonymous ones included.")]
    public string[]? Id { get; set; }

    [FromQuery(Name = "prefix"), Description("The beginning of the client id.")]
    public string? Prefix { get; set; }

    [FromQuery(Name = "address"), Description("The address of the client, or the network that it is in, such as 10.1.0.0/16.")]
    public string? Address { get; set; }

    [FromQuery(Name = "state"), Description("handshaking, connected or closing.")]
    public string? State { get; set; }

    [FromQuery(Name = "key"), Description("The id of the key that the client signs with.")]
    public string? Key { get; set; }

    [FromQuery(Name = "connectedBefore"), Description("A time, ISO 8601 with an offset.")]
    public string? ConnectedBefore { get; set; }

    [FromQuery(Name = "connectedAfter"), Description("A time, ISO 8601 with an offset.")]
    public string? ConnectedAfter { get; set; }

    [FromQuery(Name = "idleLongerThan"), Description("Seconds without a byte from the client, at least.")]
    public string? IdleLongerThan { get; set; }

    [FromQuery(Name = "sort"), Description("connectedAt (default), lastReceived, idle, rtt, retransmits, heartbeatJitter, reconnects, pendingBytes or bytes.")]
    public string? Sort { get; set; }

    [FromQuery(Name = "order"), Description("asc (default) or desc.")]
    public string? Order { get; set; }

    [FromQuery(Name = "limit"), Description("The largest number of clients on the page, 1 to 1000. Default 100.")]
    public string? Limit { get; set; }

    [FromQuery(Name = "cursor"), Description("The value of 'next' from the page before, with the same filter and order.")]
    public string? Cursor { get; set; }

    [FromQuery(Name = "node"), Description("The name or epoch of a node of the cluster. Without it the clients of all nodes are listed.")]
    public string? Node { get; set; }

    /// <summary>The parameters as one node is asked: it knows no other nodes, and its position is told beside them.</summary>
    public ClientParameters ForOneNode()
    {
        var copy = (ClientParameters)MemberwiseClone();
        (copy.Cursor, copy.Node) = (null, null);
        return copy;
    }
}
