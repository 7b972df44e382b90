namespace HeartbeatGateway.Server.Telemetry;

/// <summary>
/// The names in spans: attributes of the OpenTelemetry semantic conventions where there is one, else with the prefix <c>heartbeatgateway.</c>. All of them are
/// in docs/metrics.md.
/// </summary>
internal static class SpanNames
{
    public const string Connection = "connection";

    public const string ClientAddress = "client.address";
    public const string ClientPort = "client.port";
    public const string NetworkTransport = "network.transport";
    public const string NetworkProtocol = "network.protocol.name";
    public const string NetworkType = "network.type";
    public const string PeerAddress = "network.peer.address";
    public const string PeerPort = "network.peer.port";
    public const string LocalAddress = "network.local.address";
    public const string LocalPort = "network.local.port";
    public const string TlsProtocol = "tls.protocol.version";
    public const string TlsCipher = "tls.cipher";
    public const string ErrorType = "error.type";

    public const string ConnectionId = GatewayMetrics.Prefix + "connection_id";
    public const string ClientId = GatewayMetrics.Prefix + "client_id";
    public const string SessionId = GatewayMetrics.Prefix + "session_id";
    public const string Generation = GatewayMetrics.Prefix + "generation";
    public const string KeyId = GatewayMetrics.Prefix + "key_id";
    public const string CloseReason = GatewayMetrics.Prefix + "close.reason";
    public const string BytesIn = GatewayMetrics.Prefix + "bytes_in";
    public const string BytesOut = GatewayMetrics.Prefix + "bytes_out";
    public const string FramesIn = GatewayMetrics.Prefix + "frames_in";
    public const string FramesOut = GatewayMetrics.Prefix + "frames_out";
    public const string PendingBytes = GatewayMetrics.Prefix + "pending_bytes";

    public const string ConnectedEvent = "connected";
    public const string HelloEvent = "hello";
    public const string ReconnectedEvent = "reconnected";
    public const string TakeoverEvent = "takeover";
    public const string ReplacedEvent = "replaced";
    public const string TimeoutEvent = "timeout";
    public const string CloseEvent = "close";

    public const string Reconnected = GatewayMetrics.Prefix + "reconnected";
    public const string Resumed = GatewayMetrics.Prefix + "resumed";
    public const string Identity = GatewayMetrics.Prefix + "identity";
    public const string GapSeconds = GatewayMetrics.Prefix + "gap_seconds";
    public const string OtherConnectionId = GatewayMetrics.Prefix + "other_connection_id";
    public const string TimeoutKind = GatewayMetrics.Prefix + "timeout.kind";
    public const string LateSeconds = GatewayMetrics.Prefix + "timeout.late_seconds";
}
