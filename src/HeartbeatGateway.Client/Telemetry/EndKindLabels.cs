namespace HeartbeatGateway.Client.Telemetry;

/// <summary>The spelling of ends as metric labels.</summary>
internal static class EndKindLabels
{
    public static string ToLabel(this GatewayClientEndKind kind) => kind switch
    {
        GatewayClientEndKind.ConnectFailed => "connect_failed",
        GatewayClientEndKind.TlsFailed => "tls_failed",
        GatewayClientEndKind.ClosedByGateway => "closed_by_gateway",
        GatewayClientEndKind.EndOfStream => "end_of_stream",
        GatewayClientEndKind.Reset => "reset",
        GatewayClientEndKind.Dead => "dead",
        GatewayClientEndKind.ProtocolViolation => "protocol_violation",
        GatewayClientEndKind.Disposed => "disposed",
        GatewayClientEndKind.InternalError => "internal_error",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "This kind of end has no label."),
    };
}
