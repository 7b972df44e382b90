using HeartbeatGateway.Cli.Api.Models;
using HeartbeatGateway.Cli.Api.Output;

namespace HeartbeatGateway.Cli.Api.Clients;

/// <summary>The columns of a list of clients. The rank says which ones a narrow terminal leaves out first.</summary>
internal static class ClientColumns
{
    public static IReadOnlyList<TextColumn<ClientEntry>> All { get; } =
    [
        new("CLIENT", c => Facts.Client(c.ClientId, c.ConnectionId)),
        new("NODE", c => Facts.Text(c.Node), 1, IsOptional: true),
        new("STATE", c => Facts.Text(c.State), 2),
        new("ADDRESS", c => Facts.EndPoint(c.Address, c.Port), 3),
        new("AGE", c => Facts.Seconds(c.AgeSeconds), 4, IsRight: true),
        new("IDLE", c => Facts.Seconds(c.IdleSeconds), 1, IsRight: true),
        new("RTT", c => Facts.Seconds(c.RttSeconds), 1, IsRight: true),
        new("RETRANS", c => Facts.Number(c.Retransmits), 1, IsRight: true),
        new("JITTER", c => Facts.Seconds(c.HeartbeatJitterSeconds), 5, IsRight: true),
        new("PENDING", c => Facts.Bytes(c.PendingBytes), 6, IsRight: true),
        new("RECONN", c => Facts.Number(c.Reconnects), 5, IsRight: true),
        new("IN", c => Facts.Bytes(c.BytesIn), 8, IsRight: true),
        new("OUT", c => Facts.Bytes(c.BytesOut), 8, IsRight: true),
        new("KEY", c => Facts.Text(c.KeyId), 9),
        new("LIBRARY", c => Facts.Text(c.Library), 7),
        new("CONNECTION", c => Facts.Text(c.ConnectionId), 9, IsRight: true),
    ];

    /// <summary>The few columns for a list within another view.</summary>
    public static IReadOnlyList<TextColumn<ClientEntry>> Few { get; } =
        [.. All.Where(c => c.Name is "CLIENT" or "ADDRESS" or "AGE" or "IDLE" or "RTT" or "RETRANS" or "JITTER")];
}
