using HeartbeatGateway.Cli.Api.Models;
using HeartbeatGateway.Cli.Api.Output;

namespace HeartbeatGateway.Cli.Api.Clients;

/// <summary>One client as lines of text.</summary>
internal static class ClientText
{
    private const int NameWidth = 12;

    /// <summary>The lines; facts that the gateway did not give are left out.</summary>
    public static IEnumerable<string> Lines(ClientDetails details)
    {
        var c = details.Connection ?? new ClientEntry();
        yield return $"{Facts.Client(c.ClientId, c.ConnectionId)}: {Facts.Text(c.State)} for {Facts.Seconds(c.AgeSeconds)}, last byte {Facts.Seconds(c.IdleSeconds)} ago";
        var proxy = details.ProxyAddress is null ? "" : $" through the proxy {Facts.Text(details.ProxyAddress)}";
        var transport = details.Transport is null or "tcp" ? "" : $" over {Facts.Text(details.Transport)}";
        var node = c.Node is null ? "" : $" at the node {Facts.Text(c.Node)}";
        yield return Fact("connection", $"#{Facts.Text(c.ConnectionId)} from {Facts.EndPoint(c.Address, c.Port)}{proxy}{transport}{node}, since {Facts.Time(c.ConnectedAt)}");
        if (c.KeyId is not null) yield return Fact("key", Facts.Text(c.KeyId));
        if (details.SessionId is not null) yield return Fact("session", $"{Facts.Text(details.SessionId)}, generation {Facts.Number(details.Generation)}");
        if (c.Reconnects is not null) yield return Fact("reconnects", Facts.Number(c.Reconnects));
        if (c.Library is not null) yield return Fact("library", Facts.Text(c.Library));
        if (details.Features is { Count: > 0 } features) yield return Fact("features", string.Join(", ", features.Select(Facts.Text)));
        if (details.Tls is { } tls)
        {
            var certificate = tls.CertificateName is null ? "" : $", certificate {Facts.Text(tls.CertificateName)}";
            yield return Fact("TLS", $"{Facts.Text(tls.Protocol)}, {Facts.Text(tls.CipherSuite)}{certificate}");
        }

        if (details.Heartbeat is { } heartbeat)
        {
            foreach (var line in Heartbeat(heartbeat)) yield return line;
        }

        if (details.Traffic is { } t)
        {
            yield return Fact("received", $"{Facts.Bytes(t.BytesIn)} in {Facts.Number(t.FramesIn)} frames, the last byte {Facts.Seconds(t.LastReadSeconds)} ago");
            yield return Fact("sent", $"{Facts.Bytes(t.BytesOut)} in {Facts.Number(t.FramesOut)} frames, the last byte {Facts.Seconds(t.LastWriteSeconds)} ago; "
                + $"{Facts.Bytes(t.PendingBytes)} wait");
        }

        if (details.Tcp is { } tcp) yield return Fact("TCP", Tcp(tcp));
    }

    /// <summary>A named fact, indented.</summary>
    public static string Fact(string name, string text) => $"  {name.PadRight(NameWidth)}{text}";

    /// <summary>What the kernel has measured.</summary>
    public static string Tcp(TcpFacts tcp) =>
        $"RTT {Facts.Seconds(tcp.RttSeconds)} ± {Facts.Seconds(tcp.RttVariationSeconds)}; {Facts.Number(tcp.Retransmits)} retransmits, "
        + $"{Facts.Number(tcp.PendingRetransmits)} of them unanswered; "
        + $"{Facts.Number(tcp.Unacknowledged)} segments unacknowledged, the last acknowledgement {Facts.Seconds(tcp.LastAcknowledgementSeconds)} ago";

    private static IEnumerable<string> Heartbeat(HeartbeatFacts h)
    {
        var limit = h.TimeoutSeconds is null ? "no timeout" : $"timeout {Facts.Seconds(h.TimeoutSeconds)}, {(h.IsNegotiated == true ? "negotiated" : "the gateway's default")}";
        var ping = h.LastPingSeconds is null ? "never" : $"{Facts.Seconds(h.LastPingSeconds)} ago";
        yield return Fact("heartbeat", $"{limit}; last ping {ping}, jitter {Facts.Seconds(h.JitterSeconds)}");
        if (GapPlot.Of(h.GapsSeconds, h.TimeoutSeconds) is { } plot) yield return Fact("gaps", plot);
    }
}
