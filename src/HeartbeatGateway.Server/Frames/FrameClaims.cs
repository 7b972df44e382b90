using System.Globalization;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Shared.Logging;

namespace HeartbeatGateway.Server.Frames;

/// <summary>
/// What a refused frame says about its sender, for the log. Nothing of it is verified; all of it is escaped and bounded. No part of a token is in it but the
/// key id.
/// </summary>
/// <param name="ClientId">The client id in the content of a hello; null when there is none.</param>
/// <param name="KeyId">The key id before the token; null when there is none.</param>
/// <param name="Date">The created field; null when it is empty.</param>
/// <param name="SkewSeconds">The date minus the gateway's clock; null without a date that exists.</param>
internal readonly record struct FrameClaims(string? ClientId, string? KeyId, string? Date, long? SkewSeconds)
{
    /// <summary>Characters shown of the created field. An escaped character takes six.</summary>
    private const int MaxDateChars = 30;

    public static FrameClaims Of(in Frame frame, EngineSettings settings, long unixSeconds) => new(
        frame.Kind == FrameKind.Hello ? ClaimedClientId.Find(frame.Content) : null,
        KeyIdOf(frame.Token, settings.Keyring.Scheme),
        DateOf(frame),
        SkewOf(frame, settings.TimeZone, unixSeconds));

    /// <summary>The created field, escaped; null when it is empty.</summary>
    public static string? DateOf(in Frame frame) => frame.Created.IsEmpty ? null : PrintableText.From(frame.Created, MaxDateChars);

    /// <summary>The date of the frame minus the clock, in seconds. In a repeated hour the nearer instant counts.</summary>
    public static long? SkewOf(in Frame frame, FrameTimeZone zone, long unixSeconds)
    {
        if (!FrameDate.TryParse(frame.Created, out var wallSeconds)) return null;
        var (earliest, latest) = zone.ToUnixSeconds(wallSeconds);
        var (one, other) = (earliest - unixSeconds, latest - unixSeconds);
        return Math.Abs(one) <= Math.Abs(other) ? one : other;
    }

    /// <summary>The claims as a part of a sentence. A client id that breaks its rule is not in it, and is a property of the line only.</summary>
    public override string ToString()
    {
        var parts = new List<string>(3);
        if (Identity(ClientId) is { } client) parts.Add($"claimed client '{client}'");
        if (KeyId is not null) parts.Add($"claimed key '{KeyId}'");
        parts.Add(Date is null ? "no date" : SkewSeconds is { } skew ? string.Create(CultureInfo.InvariantCulture, $"dated '{Date}', {skew} s from this gateway's time") : $"dated '{Date}', which does not exist");
        return string.Join(", ", parts);
    }

    private static string? Identity(string? clientId) => Protocol.Identity.ClientId.IsValid(clientId) ? clientId : null;

    /// <summary>A text that is no key id could be a part of a secret.</summary>
    private static string? KeyIdOf(ReadOnlySpan<byte> token, TokenScheme scheme)
    {
        if (scheme != TokenScheme.HmacSha256 || token.IndexOf((byte)'.') is not (> 0 and <= TokenSecret.MaxIdLength and var dot)) return null;
        var id = System.Text.Encoding.ASCII.GetString(token[..dot]);
        return TokenSecret.IsValidId(id) ? id : null;
    }
}
