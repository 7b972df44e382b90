using System.Globalization;
using System.Net.Sockets;
using System.Text;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Client.Connection;

/// <summary>
/// Human-readable descriptions of ends. They contain no token and no secret. Text from the peer is reduced to printable characters.
/// </summary>
internal static class DisconnectMessages
{
    private const int MaxPeerText = 200;

    /// <summary>The likely causes, because a gateway does not state why it rejects a connection.</summary>
    private const string Hint =
        " (if this persists, check whether secret, scheme and time zone match the gateway's, whether its port uses TLS, "
        + "whether it requires a client certificate, and whether its connection limit is reached)";

    public static DisconnectInfo Disposed(string message) => new() { Kind = DisconnectKind.Disposed, Retry = false, Message = message };

    /// <summary>The end of a graceful shutdown at the gateway's end of stream.</summary>
    /// <param name="isComplete">Everything was sent, and acknowledged where the gateway does that.</param>
    /// <param name="acknowledged">The gateway acknowledges messages.</param>
    public static DisconnectInfo ShutDown(bool isComplete, bool acknowledged) => Disposed(isComplete
        ? "The client was disposed and has shut down gracefully."
        : $"The client was disposed; the gateway ended its stream before all queued frames were sent{(acknowledged ? " and acknowledged" : "")}.");

    /// <summary>A graceful shutdown that took too long.</summary>
    public static DisconnectInfo ShutdownTimedOut(TimeSpan limit, bool awaitsAcknowledgement, string details) => Disposed(
        $"The client was disposed; the gateway did not {(awaitsAcknowledgement ? "acknowledge all messages" : "end its stream")} within {Seconds(limit)} s; {details}.");

    public static DisconnectInfo Dead(TimeSpan silence, bool wasAccepted, string details) => new()
    {
        Kind = DisconnectKind.Dead,
        Silence = silence,
        Message = wasAccepted
            ? $"No byte was received for {Seconds(silence)} s; {details}."
            : $"The gateway accepted the connection and sent no valid answer for {Seconds(silence)} s; {details}.",
    };

    public static DisconnectInfo NoAnswer(TimeSpan since, string details) => new()
    {
        Kind = DisconnectKind.Dead,
        Message = $"The gateway has answered no ping for {Seconds(since)} s, although bytes arrive; {details}.",
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
        Message = $"The peer {what}; {details}.",
    };

    public static string Describe(FrameReadStatus status, int maxContentBytes, ReadOnlySpan<byte> first, bool wasAccepted) => status == FrameReadStatus.BadMagic
        ? (wasAccepted ? null : FirstBytes.ExplainToPlainClient(first))
            ?? "sent bytes that are not a frame (check that it is a gateway, and that both sides use TLS or neither does)"
        : $"declared a content length that is negative or above MaxContentBytes, {maxContentBytes.ToString(CultureInfo.InvariantCulture)}";

    public static string Describe(string frameType, TokenOutcome outcome)
    {
        var fault = outcome switch
        {
            TokenOutcome.BadDate => "its date does not exist",
            TokenOutcome.UnknownKey => "its token names a key id that is not in Tokens",
            TokenOutcome.Malformed => "its token does not have the form of this scheme",
            _ => "its token does not match the secret",
        };
        return $"sent a frame of type '{Printable(frameType)}' that is rejected: {fault}";
    }

    public static DisconnectInfo Closed(ClosePayload close, string details)
    {
        var reason = Printable(close.ReasonName);
        var detail = close.Detail is null ? "" : $" ({Printable(close.Detail)})";
        if (close is { Reason: CloseReason.MaxAge, Retry: true, Detail: null }) detail = " (the connection has reached its maximum age)";
        return new DisconnectInfo
        {
            Kind = DisconnectKind.ClosedByGateway,
            Reason = close.Reason,
            ReasonName = reason,
            Retry = close.Retry,
            Message = $"The gateway closed the connection{(close.Retry ? "" : " permanently")}: {reason}{detail}; {details}.",
        };
    }

    /// <summary>Describes a failed read. An exception that does not come from the network is a fault in this library.</summary>
    public static DisconnectInfo Failed(Exception exception, bool wasAccepted, string details) => exception switch
    {
        _ when SocketFault(exception) is { } socket => new()
        {
            Kind = DisconnectKind.Reset,
            Message = $"The connection was reset, or the network failed: {socket.Message}{(wasAccepted ? "" : Hint)}; {details}.",
            Exception = exception,
        },
        // With TLS 1.3 the gateway rejects a client certificate only after the handshake is complete for the client.
        IOException { InnerException: not null } when !wasAccepted => new()
        {
            Kind = DisconnectKind.TlsFailed,
            Message = "The gateway ended TLS before it answered; if it requires a client certificate, check Tls.ClientCertificate: "
                + $"{exception.GetBaseException().Message}; {details}.",
            Exception = exception,
        },
        IOException => new() { Kind = DisconnectKind.Reset, Message = $"The connection failed: {exception.Message}; {details}.", Exception = exception },
        _ => Internal(exception),
    };

    public static DisconnectInfo Internal(Exception exception) => new()
    {
        Kind = DisconnectKind.InternalError,
        Message = $"A fault in the client library: {exception.Message}",
        Exception = exception,
    };

    public static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);

    /// <summary>
    /// Text from a peer, made safe for one line: control characters and other unprintable characters become '?', and long text is cut.
    /// </summary>
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
