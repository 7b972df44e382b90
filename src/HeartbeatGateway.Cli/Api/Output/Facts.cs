using System.Globalization;
using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Cli.Terminals;
using HeartbeatGateway.Cli.Top;

namespace HeartbeatGateway.Cli.Api.Output;

/// <summary>Formats values of the API. A value that the gateway did not give is a dash.</summary>
internal static class Facts
{
    public const string None = "-";

    private const int MaxChars = 200;

    /// <summary>A thousand years; <see cref="TimeSpan"/> holds no more than ten times that.</summary>
    private const double MaxSeconds = 365_000.0 * 86_400;

    public static string Seconds(double? seconds) => seconds switch
    {
        0 => "0 s",
        { } s when Math.Abs(s) < MaxSeconds => Duration.Describe(TimeSpan.FromSeconds(s)),
        _ => None,
    };

    public static string Number(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? None;

    public static string Bytes(long? bytes) => bytes is { } b ? Numbers.Bytes(b) : None;

    /// <summary>A time in UTC, to the second.</summary>
    public static string Time(DateTimeOffset? time) => time is { } t ? t.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture) : None;

    /// <summary>Text that a peer or the gateway chose.</summary>
    public static string Text(string? text) => string.IsNullOrEmpty(text) ? None : Printable.From(text, MaxChars);

    public static string EndPoint(string? address, int? port)
    {
        if (address is null) return None;
        if (port is null) return Text(address);
        return address.Contains(':', StringComparison.Ordinal) ? $"[{Text(address)}]:{port}" : $"{Text(address)}:{port}";
    }

    /// <summary>A client by its id, or an anonymous one by its connection.</summary>
    public static string Client(string? clientId, string? connectionId) => clientId is null ? $"#{Text(connectionId)}" : Text(clientId);
}
