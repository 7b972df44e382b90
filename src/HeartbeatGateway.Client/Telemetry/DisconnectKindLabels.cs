namespace HeartbeatGateway.Client.Telemetry;

/// <summary>The metric labels of <see cref="DisconnectKind"/>.</summary>
internal static class DisconnectKindLabels
{
    public static string ToLabel(this DisconnectKind kind) => kind switch
    {
        DisconnectKind.ConnectFailed => "connect_failed",
        DisconnectKind.TlsFailed => "tls_failed",
        DisconnectKind.ClosedByGateway => "closed_by_gateway",
        DisconnectKind.EndOfStream => "end_of_stream",
        DisconnectKind.Reset => "reset",
        DisconnectKind.Dead => "dead",
        DisconnectKind.ProtocolViolation => "protocol_violation",
        DisconnectKind.Disposed => "disposed",
        DisconnectKind.InternalError => "internal_error",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "This DisconnectKind has no label."),
    };
}
