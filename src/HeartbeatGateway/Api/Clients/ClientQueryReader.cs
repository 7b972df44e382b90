using System.Globalization;
using System.Net;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Server.Connection;

namespace HeartbeatGateway.Api.Clients;

/// <summary>Reads queries for clients. The first wrong parameter ends it with a problem that names the parameter, the value and the remedy.</summary>
internal static class ClientQueryReader
{
    private const int MaxIds = 1000;

    /// <exception cref="ApiProblemException">A parameter is wrong.</exception>
    public static ClientQuery Read(ClientParameters parameters, CursorFormat cursors)
    {
        var filter = ReadFilter(parameters);
        var sort = parameters.Sort is { } name ? ClientSort.Find(name) ?? throw Wrong("sort", name, $"must be one of {string.Join(", ", ClientSort.All.Select(s => s.Name))}") : ClientSort.Default;
        var isDescending = parameters.Order switch
        {
            null or "asc" => false,
            "desc" => true,
            { } other => throw Wrong("order", other, "must be asc or desc"),
        };
        var limit = parameters.Limit is { } text ? Limit(text, ClientQuery.MaxLimit) : ClientQuery.DefaultLimit;
        ClientPosition? after = null;
        if (parameters.Cursor is { } cursor)
        {
            if (cursors.Read(cursor, NameOf(parameters), out var position) is { } fault) throw new ApiProblemException(ApiProblem.BadRequest("invalid_cursor", $"The cursor {fault}."));
            after = position;
        }

        return new ClientQuery(filter, sort, isDescending, limit, after);
    }

    /// <summary>Names the filter and order of a query, for cursors: the limit may change between pages.</summary>
    public static string NameOf(ClientParameters p) => string.Join(
        '\n', [.. p.Id ?? [], p.Prefix, p.Address, p.State, p.Key, p.ConnectedBefore, p.ConnectedAfter, p.IdleLongerThan, p.Sort ?? ClientSort.Default.Name, p.Order ?? "asc", .. p.Node is { } node ? [node] : Array.Empty<string>()]);

    /// <exception cref="ApiProblemException">A parameter is wrong.</exception>
    public static ClientFilter ReadFilter(ClientParameters p)
    {
        return new ClientFilter
        {
            Ids = p.Id is { } ids ? ReadIds(ids) : [],
            Prefix = p.Prefix is { } prefix ? IsClientId("prefix", prefix) : null,
            Address = p.Address is { } address ? Network(address) : null,
            State = p.State is { } state ? State(state) : null,
            Key = p.Key,
            ConnectedBefore = p.ConnectedBefore is { } before ? Time("connectedBefore", before) : null,
            ConnectedAfter = p.ConnectedAfter is { } after ? Time("connectedAfter", after) : null,
            IdleLongerThan = p.IdleLongerThan is { } idle ? Seconds("idleLongerThan", idle) : null,
        };
    }

    /// <summary>Reads client ids, up to 1,000.</summary>
    public static IReadOnlyCollection<string> ReadIds(string[] ids) => ids.Length <= MaxIds
        ? ids.Select(id => IsClientId("id", id)).ToHashSet(StringComparer.Ordinal)
        : throw Wrong("id", $"{ids.Length} values", $"may be given {MaxIds} times at most");

    /// <summary>Reads the size of a page.</summary>
    public static int Limit(string value, int most) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most
            ? number
            : throw Wrong("limit", value, $"must be a whole number from 1 to {most}");

    public static string IsClientId(string parameter, string value) =>
        ClientId.IsValid(value) ? value : throw Wrong(parameter, value, $"must have 1 to {ClientId.MaxLength} characters of A-Z a-z 0-9 . _ : -");

    public static IPNetwork Network(string value)
    {
        if (IPAddress.TryParse(value, out var address)) return new IPNetwork(address, address.GetAddressBytes().Length * 8);
        return IPNetwork.TryParse(value, out var network)
            ? network
            : throw Wrong("address", value, "must be an address, or a network such as 10.1.0.0/16");
    }

    private static ConnectionState State(string value) => value switch
    {
        "handshaking" => ConnectionState.Handshaking,
        "connected" => ConnectionState.Connected,
        "closing" => ConnectionState.Closing,
        _ => throw Wrong("state", value, "must be handshaking, connected or closing"),
    };

    public static DateTimeOffset Time(string parameter, string value) =>
        DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw Wrong(parameter, value, "must be a time such as 2026-01-31T03:12:00Z (a plus sign in a URL is written %2B)");

    private static TimeSpan Seconds(string parameter, string value) =>
        double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds >= 0 && seconds <= TimeSpan.FromDays(36500).TotalSeconds
            ? TimeSpan.FromSeconds(seconds)
            : throw Wrong(parameter, value, "must be a number of seconds, 0 or more");

    /// <summary>A parameter has a value that it cannot have.</summary>
    public static ApiProblemException Wrong(string parameter, string value, string rule) =>
        new(ApiProblem.BadRequest("invalid_parameter", $"The parameter '{parameter}' is '{ApiText.Quote(value)}', but {rule}."));
}
