using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;

namespace HeartbeatGateway.Api.Audit;

/// <summary>The query of <c>GET /api/v1/audit</c>, as texts.</summary>
internal sealed class AuditParameters
{
    [FromQuery(Name = "keyId"), Description("The id of the key that made the change.")]
    public string? KeyId { get; set; }

    [FromQuery(Name = "action"), Description("What was done, such as disconnect.")]
    public string? Action { get; set; }

    [FromQuery(Name = "target"), Description("A text that the target contains, such as a client id.")]
    public string? Target { get; set; }

    [FromQuery(Name = "before"), Description("A time, ISO 8601 with an offset.")]
    public string? Before { get; set; }

    [FromQuery(Name = "after"), Description("A time, ISO 8601 with an offset.")]
    public string? After { get; set; }

    [FromQuery(Name = "limit"), Description("The largest number of entries on the page, 1 to 10000. Default 100.")]
    public string? Limit { get; set; }

    [FromQuery(Name = "cursor"), Description("The value of 'next' from the page before, with the same filter.")]
    public string? Cursor { get; set; }
}
