using HeartbeatGateway.Api.Clients;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Disconnects;

namespace HeartbeatGateway.Api.Disconnects;

/// <summary>Reads queries for disconnects. The first wrong parameter ends it with a problem that names the parameter, the value and the remedy.</summary>
internal static class HistoryQueryReader
{
    private static readonly string[] Reasons = [.. CloseReasons.All.Where(r => r.CanEndAdmitted()).Select(r => r.ToWireName())];

    /// <exception cref="ApiProblemException">A parameter is wrong.</exception>
    public static HistoryQuery Read(HistoryParameters p, CursorFormat cursors) => new()
    {
        Ids = p.Id is { } ids ? ClientQueryReader.ReadIds(ids) : [],
        Prefix = p.Prefix is { } prefix ? ClientQueryReader.IsClientId("prefix", prefix) : null,
        Address = p.Address is { } address ? ClientQueryReader.Network(address) : null,
        Key = p.Key,
        Reason = p.Reason is { } reason ? Reason(reason) : null,
        Origin = p.Origin is { } origin ? Origin(origin) : null,
        Cause = p.Cause is { } cause ? Cause(cause) : null,
        EndedBefore = p.EndedBefore is { } before ? ClientQueryReader.Time("endedBefore", before) : null,
        EndedAfter = p.EndedAfter is { } after ? ClientQueryReader.Time("endedAfter", after) : null,
        Limit = p.Limit is { } limit ? ClientQueryReader.Limit(limit, HistoryQuery.MaxLimit) : HistoryQuery.DefaultLimit,
        Before = p.Cursor is { } cursor ? cursors.ReadNumber(cursor, NameOf(p)) : null,
    };

    /// <summary>Names the filter of a query, for cursors: the limit may change between pages.</summary>
    public static string NameOf(HistoryParameters p) => string.Join(
        '\n', ["disconnects", .. p.Id ?? [], p.Prefix, p.Address, p.Key, p.Reason, p.Origin, p.Cause, p.EndedBefore, p.EndedAfter, .. p.Node is { } node ? [node] : Array.Empty<string>()]);

    private static CloseReason Reason(string value) =>
        CloseReasons.TryParse(value, out var reason) && reason.CanEndAdmitted() ? reason : throw ClientQueryReader.Wrong("reason", value, $"must be one of {string.Join(", ", Reasons)}");

    private static DisconnectOrigin Origin(string value) =>
        DisconnectOrigins.TryParse(value, out var origin) ? origin : throw ClientQueryReader.Wrong("origin", value, $"must be one of {string.Join(", ", DisconnectOrigins.All.Select(o => o.ToWireName()))}");

    private static TimeoutCause Cause(string value) =>
        TimeoutCauses.TryParse(value, out var cause) ? cause : throw ClientQueryReader.Wrong("cause", value, $"must be one of {string.Join(", ", TimeoutCauses.All.Select(c => c.ToWireName()))}");
}
