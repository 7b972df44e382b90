using System.Globalization;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Client.Connections;

/// <summary>The ends of connections, in sentences for people.</summary>
internal static class ConnectionEnds
{
    public static GatewayClientEnd ClosedBy(ClosePayload close) => new()
    {
        Kind = GatewayClientEndKind.ClosedByGateway,
        Reason = close.Reason,
        ReasonName = close.ReasonName,
        Retry = close.Retry,
        Message = $"the gateway closed the connection: {close.ReasonName}{(close.Detail is { } detail ? $" ({detail})" : "")}{(close.Retry ? "" : "; it said not to come back")}",
    };

    public static GatewayClientEnd Dead(TimeSpan silence, int queued) => new()
    {
        Kind = GatewayClientEndKind.Dead,
        Silence = silence,
        Message = string.Create(CultureInfo.InvariantCulture, $"no byte from the gateway for {silence.TotalSeconds:0.000} s; {queued} frames wait to be sent"),
    };

    public static GatewayClientEnd EndOfStream(bool accepted, bool insideFrame) => new()
    {
        Kind = GatewayClientEndKind.EndOfStream,
        Message = accepted
            ? $"the gateway ended the stream{(insideFrame ? " inside a frame" : "")} without saying why"
            : "the gateway ended the stream before its first answer: a refused token, a wrong scheme, secret or clock are never answered",
    };

    public static GatewayClientEnd Broken(Exception exception) => new()
    {
        Kind = GatewayClientEndKind.Reset,
        Message = $"the connection broke: {exception.Message}",
        Exception = exception,
    };

    public static GatewayClientEnd Violation(string fault) => new() { Kind = GatewayClientEndKind.ProtocolViolation, Message = $"the other side is no gateway, or has another secret: {fault}" };

    public static GatewayClientEnd Failed(GatewayClientEndKind kind, string message, Exception? exception) => new() { Kind = kind, Message = message, Exception = exception };

    public static GatewayClientEnd Disposed { get; } = new() { Kind = GatewayClientEndKind.Disposed, Reason = CloseReason.None, Retry = false, Message = "the client was disposed" };
}
