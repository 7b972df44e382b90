using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;

namespace HeartbeatGateway.Api.Disconnects;

/// <summary>The query of <c>GET /api/v1/disconnects</c>, as texts; <see cref="HistoryQueryReader"/> reads them.</summary>
internal sealed class HistoryParameters
{
    [FromQuery(Name = "id"), Description("A client id; repeatable.")]
    public string[]? Id { get; set; }

    [FromQuery(Name = "prefix"), Description("The beginning of the client id.")]
    public string? Prefix { get; set; }

    [FromQuery(Name = "address"), Description("The address of the client, or the network that it is in, such as 10.1.0.0/16.")]
    public string? Address { get; set; }

    [FromQuery(Name = "key"), Description("The id of the key that the client signed with.")]
    public string? Key { get; set; }

    [FromQuery(Name = "reason"), Description("Why the connection ended, such as reader_idle.")]
    public string? Reason { get; set; }

    [FromQuery(Name = "origin"), Description("Whose doing it was: client, network, gateway or operator.")]
    public string? Origin { get; set; }

    [FromQuery(Name = "cause"), Description("What a timeout was caused by: client_silent, network_loss, interval_too_long or gateway_stall.")]
    public string? Cause { get; set; }

    [FromQuery(Name = "endedBefore"), Description("A time, ISO 8601 with an offset.")]
    public string? EndedBefore { get; set; }

    [FromQuery(Name = "endedAfter"), Description("A time, ISO 8601 with an offset.")]
    public string? EndedAfter { get; set; }

    [FromQuery(Name = "limit"), Description("The largest number of disconnects on the page, 1 to 1000. Default 100.")]
    public string? Limit { get; set; }

    [FromQuery(Name = "cursor"), Description("The value of 'next' from the page before, with the same filter.")]
    public string? Cursor { get; set; }

    [FromQuery(Name = "node"), Description("The name or epoch of a node of the cluster. Without it the ended connections of all nodes are listed.")]
    public string? Node { get; set; }

    /// <summary>The parameters as one node is asked: it knows no other nodes, and its position is told beside them.</summary>
    public HistoryParameters ForOneNode()
    {
        var copy = (HistoryParameters)MemberwiseClone();
        (copy.Cursor, copy.Node) = (null, null);
        return copy;
    }
}
