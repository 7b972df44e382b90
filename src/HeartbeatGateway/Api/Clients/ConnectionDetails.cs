using System.Net;
using System.Security.Cryptography.X509Certificates;
using HeartbeatGateway.Server.Connection;
using HeartbeatGateway.Server.Transports;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace HeartbeatGateway.Api.Clients;

/// <summary>Everything that the gateway knows of one connection. Durations are in seconds.</summary>
/// <param name="Connection">As in a list.</param>
/// <param name="Transport">What it came in by: tcp or websocket.</param>
/// <param name="ProxyAddress">The proxy's address, behind a trusted proxy; else null.</param>
/// <param name="Generation">A newer connection of the same client has a higher one; null while it is anonymous.</param>
/// <param name="SessionId">The session, as the client logs it; null while it is anonymous.</param>
/// <param name="Features">The features that its welcome granted.</param>
/// <param name="Tls">The TLS handshake; null in plain TCP.</param>
/// <param name="Heartbeat">Its heartbeats.</param>
/// <param name="Traffic">What was read and written.</param>
/// <param name="Tcp">What the kernel has measured; null where it measures nothing.</param>
internal sealed record ConnectionDetails(
    ClientEntry Connection, string Transport, string? ProxyAddress, long? Generation, string? SessionId, IReadOnlyList<string> Features, TlsDetails? Tls, HeartbeatDetails Heartbeat, TrafficDetails Traffic, TcpDetails? Tcp)
{
    public static ConnectionDetails Of(in ConnectionView c, DateTimeOffset now, string? node = null) => new(
        ClientEntry.Of(c, now, node), c.Kind == TransportKind.WebSocket ? "websocket" : "tcp", ClientEntry.AddressOf(c.ProxyEndPoint as IPEndPoint), c.Generation, c.SessionId, c.GrantedFeatures, TlsDetails.Of(c.Features), HeartbeatDetails.Of(c), TrafficDetails.Of(c), TcpDetails.Of(c.GetTcpStatistics()));
}

/// <summary>A TLS handshake.</summary>
/// <param name="Protocol">Such as Tls13.</param>
/// <param name="CipherSuite">The name of the cipher suite.</param>
/// <param name="CertificateName">The name in the client's certificate; null without one.</param>
internal sealed record TlsDetails(string Protocol, string? CipherSuite, string? CertificateName)
{
    public static TlsDetails? Of(IFeatureCollection features)
    {
        if (features.Get<ITlsHandshakeFeature>() is not { } handshake) return null;
        var certificate = features.Get<ITlsConnectionFeature>()?.ClientCertificate;
        return new TlsDetails($"{handshake.Protocol}", handshake.NegotiatedCipherSuite?.ToString(), certificate?.GetNameInfo(X509NameType.SimpleName, forIssuer: false));
    }
}

/// <summary>The heartbeats of a connection.</summary>
/// <param name="LastPingSeconds">Time since its last ping; null before the first.</param>
/// <param name="GapsSeconds">The gaps between its latest 16 pings, the oldest first.</param>
/// <param name="JitterSeconds">The mean difference of neighbouring gaps.</param>
/// <param name="TimeoutSeconds">It is closed after this time without a byte; null when it is not.</param>
/// <param name="IsNegotiated">The time was agreed with the client, and is not the gateway's default.</param>
internal sealed record HeartbeatDetails(double? LastPingSeconds, IReadOnlyList<double> GapsSeconds, double JitterSeconds, double? TimeoutSeconds, bool IsNegotiated)
{
    public static HeartbeatDetails Of(in ConnectionView c)
    {
        var timeout = c.ReaderIdle;
        return new HeartbeatDetails(
            c.SinceLastPing is { } ping ? ApiTime.Seconds(ping) : null,
            [.. c.GetHeartbeatGaps().Select(ApiTime.Seconds)],
            ApiTime.Seconds(c.HeartbeatJitter),
            timeout > TimeSpan.Zero ? timeout.TotalSeconds : null,
            c.NegotiatedReaderIdle is not null);
    }
}

/// <summary>What was read from a client and written to it.</summary>
/// <param name="BytesIn">Bytes read.</param>
/// <param name="BytesOut">Bytes that the network took.</param>
/// <param name="FramesIn">Verified frames read.</param>
/// <param name="FramesOut">Frames accepted for the client.</param>
/// <param name="PendingBytes">Bytes that the network has not taken yet.</param>
/// <param name="LastReadSeconds">Time since the last byte from the client.</param>
/// <param name="LastWriteSeconds">Time since the network last took bytes for it.</param>
internal sealed record TrafficDetails(long BytesIn, long BytesOut, long FramesIn, long FramesOut, int PendingBytes, double LastReadSeconds, double LastWriteSeconds)
{
    public static TrafficDetails Of(in ConnectionView c) =>
        new(c.BytesRead, c.BytesWritten, c.FramesRead, c.FramesWritten, c.PendingBytes, ApiTime.Seconds(c.SinceLastRead), ApiTime.Seconds(c.SinceLastWrite));
}

/// <summary>What the kernel has measured on a connection.</summary>
/// <param name="RttSeconds">The smoothed round-trip time.</param>
/// <param name="RttVariationSeconds">Its mean deviation.</param>
/// <param name="Retransmits">Segments sent again since the connection was opened.</param>
/// <param name="PendingRetransmits">Retransmissions that are unanswered now.</param>
/// <param name="Unacknowledged">Segments that are not acknowledged yet.</param>
/// <param name="LastAcknowledgementSeconds">Time since the last acknowledgement.</param>
/// <param name="UnansweredProbes">Keepalive and window probes that are unanswered now.</param>
internal sealed record TcpDetails(double RttSeconds, double RttVariationSeconds, long Retransmits, int PendingRetransmits, int Unacknowledged, double LastAcknowledgementSeconds,
    int UnansweredProbes)
{
    public static TcpDetails? Of(TcpStatistics? statistics) => statistics is { } tcp
        ? new TcpDetails(
            tcp.RoundTripTime.TotalSeconds, tcp.RoundTripVariation.TotalSeconds, tcp.Retransmits, tcp.PendingRetransmits, tcp.Unacknowledged, ApiTime.Seconds(tcp.SinceLastAcknowledgement),
            tcp.UnansweredProbes)
        : null;
}
