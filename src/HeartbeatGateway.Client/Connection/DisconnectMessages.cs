using System.Globalization;
using System.Net.Sockets;
using System.Text;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Client.Connection;

/// <summary>Ends in words for people. No token and no secret is ever in them; a peer's text only when it can be printed.</summary>
internal static class DisconnectMessages
{
    private const int MaxPeerText = 200;

    /// <summary>A gateway does not say why it refuses: what it could be.</summary>
    private const string Hint = " (if that stays so: are secret, scheme and time zone the gateway's, does it ask for a client certificate, is it full?)";

    public static DisconnectInfo Disposed(string message) => new() { Kind = DisconnectKind.Disposed, Retry = false, Message = message };

    public static DisconnectInfo Dead(TimeSpan silence, bool wasAccepted, string details) => new()
    {
        Kind = DisconnectKind.Dead,
        Silence = silence,
        Message = wasAccepted ? $"No byte came for {Seconds(silence)} s; {details}." : $"The gateway accepted the connection and gave no valid answer for {Seconds(silence)} s; {details}.",
    };

    public static DisconnectInfo EndOfStream(bool insideFrame, bool wasAccepted, string details) => new()
    {
        Kind = DisconnectKind.EndOfStream,
        Message = (insideFrame, wasAccepted) switch
        {
            (true, _) => $"The gateway ended the stream inside a frame; {details}.",
            (_, true) => $"The gateway ended the stream without saying why; {details}.",
            _ => $"The gateway ended the stream before it answered{Hint}; {details}.",
        },
    };

    public static DisconnectInfo Violation(string what, string details) => new()
    {
        Kind = DisconnectKind.ProtocolViolation,
        Message = $"The other side {what}; {details}.",
    };

    public static string Describe(FrameReadStatus status, int maxContentBytes) => status == FrameReadStatus.BadMagic
        ? "sent bytes that are no frame: is it a gateway, and does it speak TLS exactly when this client does?"
        : $"announced a frame of negative length, or above MaxContentBytes, {maxContentBytes.ToString(CultureInfo.InvariantCulture)}";

    public static string Describe(string frameType, TokenOutcome outcome) => $"sent a frame of type '{Printable(frameType)}' that is refused: " + outcome switch
    {
        TokenOutcome.BadDate => "its date does not exist",
        TokenOutcome.UnknownKey => "its token names a key that is not in Tokens",
        TokenOutcome.Malformed => "its token is none of this scheme",
        _ => "its token is not what the secret gives",
    };

    public static DisconnectInfo Closed(ClosePayload close, string details)
    {
        var reason = Printable(close.ReasonName);
        var detail = close.Detail is null ? "" : $" ({Printable(close.Detail)})";
        return new DisconnectInfo
        {
            Kind = DisconnectKind.ClosedByGateway,
            Reason = close.Reason,
            ReasonName = reason,
            Retry = close.Retry,
            Message = $"The gateway closed the connection{(close.Retry ? "" : " for good")}: {reason}{detail}; {details}.",
        };
    }

    /// <summary>What a failed read means. What is not of the network is a fault of ours.</summary>
    public static DisconnectInfo Failed(Exception exception, bool wasAccepted, string details) => exception switch
    {
        _ when SocketFault(exception) is { } socket => new()
        {
            Kind = DisconnectKind.Reset,
            Message = $"The connection was reset, or the network failed under it: {socket.Message}{(wasAccepted ? "" : Hint)}; {details}.",
            Exception = exception,
        },
        // With TLS 1.3 the gateway refuses a client's certificate only after the client has taken the handshake for done.
        IOException { InnerException: not null } when !wasAccepted => new()
        {
            Kind = DisconnectKind.TlsFailed,
            Message = $"The gateway ended TLS before it answered; if it asks for a client certificate, look at Tls.ClientCertificate: {exception.GetBaseException().Message}; {details}.",
            Exception = exception,
        },
        IOException => new() { Kind = DisconnectKind.Reset, Message = $"The connection failed: {exception.Message}; {details}.", Exception = exception },
        _ => Internal(exception),
    };

    public static DisconnectInfo Internal(Exception exception) => new()
    {
        Kind = DisconnectKind.InternalError,
        Message = $"A fault of the client library: {exception.Message}",
        Exception = exception,
    };

    public static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);

    /// <summary>Text of a peer's, fit for one line: control characters and the like become '?', and it is cut.</summary>
    public static string Printable(string text)
    {
        var builder = new StringBuilder(Math.Min(text.Length, MaxPeerText));
        foreach (var rune in text.EnumerateRunes())
        {
            if (builder.Length >= MaxPeerText) return builder.Append('…').ToString();
            var isPlain = Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate);
            builder.Append(isPlain ? rune.ToString() : "?");
        }

        return builder.ToString();
    }

    private static SocketException? SocketFault(Exception exception) => exception as SocketException ?? exception.InnerException as SocketException;
}
