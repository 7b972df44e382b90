namespace HeartbeatGateway.Cli.Api.Models;

/// <summary>What the gateway knows of one connection. Durations are in seconds.</summary>
internal sealed record ClientDetails(
    ClientEntry? Connection, string? ProxyAddress, long? Generation, string? SessionId, TlsFacts? Tls, HeartbeatFacts? Heartbeat, TrafficFacts? Traffic,
    TcpFacts? Tcp, IReadOnlyList<string>? Features, string? Transport);

/// <summary>A TLS handshake.</summary>
internal sealed record TlsFacts(string? Protocol, string? CipherSuite, string? CertificateName);

/// <summary>The heartbeats of a connection; the oldest gap is the first.</summary>
internal sealed record HeartbeatFacts(double? LastPingSeconds, IReadOnlyList<double>? GapsSeconds, double? JitterSeconds, double? TimeoutSeconds, bool? IsNegotiated);

/// <summary>What was read from a client and written to it.</summary>
internal sealed record TrafficFacts(
    long? BytesIn, long? BytesOut, long? FramesIn, long? FramesOut, long? PendingBytes, double? LastReadSeconds, double? LastWriteSeconds);

/// <summary>What the kernel of the gateway's machine has measured on a connection.</summary>
internal sealed record TcpFacts(
    double? RttSeconds, double? RttVariationSeconds, long? Retransmits, int? PendingRetransmits, int? Unacknowledged, double? LastAcknowledgementSeconds);
