using System.Net.Sockets;
using HeartbeatGateway.Tests.Support;
using HeartbeatGateway.Tls;

namespace HeartbeatGateway.Tests.Tls;

/// <summary>Each failure of TLS has a sentence in the log and a cause in the counter.</summary>
public sealed class TlsFailureTests : IDisposable
{
    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Fact]
    public async Task Every_cause_is_a_series_from_the_start_also_without_tls()
    {
        await using var host = await ServiceHost.StartAsync();
        foreach (var cause in Enum.GetValues<TlsFailureCause>()) Assert.Equal(0, await host.MetricAsync(Series(TlsMetrics.NameOf(cause))));
        Assert.Equal(0, await host.MetricAsync("heartbeatgateway_tls_certificate_expiry_timestamp_seconds"));
    }

    public static TheoryData<string, byte[], bool, string> Peers => new()
    {
        { "protocol_version", RawHello.Make(2, RawHello.Common), false, "it supports TLS 1.1 at most, but this port accepts TLS 1.2 and 1.3 only" },
        { "protocol_version", RawHello.Make(1, RawHello.Common), false, "it supports TLS 1.0 at most" },
        { "no_common_cipher", RawHello.Make(3, RawHello.Obsolete), false, "client and gateway have no cipher suite, key exchange or signature algorithm in common" },
        { "http", "GET / HTTP/1.1\r\n\r\n"u8.ToArray(), false, "it sent an HTTP request" },
        { "plain_frame", [0, 0, 0, 0x76, 0, 0, 0, 0], false, "it sent a plain frame, but this port expects TLS" },
        { "proxy_header", "PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n"u8.ToArray(), false, "it sent a PROXY header" },
        { "not_tls", "SSH-2.0-x\r\n"u8.ToArray(), false, "its first byte is 0x53" },
        { "hello_too_large", [0x16, 3, 1, 0x40, 0, 1, 1, 0xff, 0xff], false, "declares 131075 bytes" },
        { "incomplete", RawHello.Make(3, RawHello.Common)[..20], true, "it closed after 20 bytes of its ClientHello, before that was complete" },
        { "incomplete", RawHello.Make(3, RawHello.Common), true, "it closed the connection before the handshake was complete, without a TLS alert" },
        { "server_certificate_rejected", [.. RawHello.Make(3, RawHello.Common), .. RawHello.Alert(48)], false, "the client does not accept the gateway's certificate (alert 48, unknown_ca)" },
        { "server_certificate_rejected", [.. RawHello.Make(3, RawHello.Common), .. RawHello.Alert(45)], false, "(alert 45, certificate_expired)" },
        { "other", [0x16, 3, 3, 0, 5, 1, 0, 0, 1, 3], false, "its ClientHello is malformed" },
        { "client_alert", [.. RawHello.Make(3, RawHello.Common), .. RawHello.Alert(80)], false, "the client ended the handshake (alert 80, internal_error)" },
    };

    [Theory]
    [MemberData(nameof(Peers), DisableDiscoveryEnumeration = true)]
    public async Task The_log_and_the_counter_say_why(string cause, byte[] sent, bool closes, string sentence)
    {
        await using var logs = new LogText();
        await using var host = await StartAsync(logs);
        using var peer = await host.ConnectAsync();
        await peer.SendAsync(sent);
        if (closes) peer.Shutdown(SocketShutdown.Send);
        await AssertFailedAsync(host, logs, cause, sentence);
    }

    [Fact]
    public async Task A_missing_and_a_refused_client_certificate_are_told_apart()
    {
        await using var logs = new LogText();
        await using var host = await StartAsync(logs, "--Gateway:Tls:ClientCertificates=Required", $"--Gateway:Tls:ClientAuthorityFile={_certificates.AuthorityFile}");
        await TlsClient.FailAsync(host, _certificates, certificate: null);
        await AssertFailedAsync(host, logs, "client_certificate_missing", "the client brought no certificate");
        await TlsClient.FailAsync(host, _certificates, _certificates.MakeClient("pump-1", 1, TestCertificates.MakeAuthority("CN=another authority")));
        await host.ReachesAsync(Series("client_certificate_refused"), 1);
    }

    [Fact]
    public async Task A_probe_that_closes_without_a_byte_is_no_failure_of_tls()
    {
        await using var host = await StartAsync(logs: null);
        using (await host.ConnectAsync())
        {
            await host.ReachesAsync("heartbeatgateway_connections_opened_total", 1);
        }

        await host.ReachesAsync("heartbeatgateway_handshaking_connections", 0);
        foreach (var cause in Enum.GetValues<TlsFailureCause>()) Assert.Equal(0, await host.MetricAsync(Series(TlsMetrics.NameOf(cause))));
    }

    private static async Task AssertFailedAsync(ServiceHost host, LogText logs, string cause, string sentence)
    {
        await logs.SawAsync("TLS handshake", sentence.Replace("'", "\\u0027", StringComparison.Ordinal).Split('\\')[0]);
        await host.ReachesAsync(Series(cause), 1);
        await host.ReachesAsync("heartbeatgateway_connections_closed_total{reason=\"tls_failed\"}", 1);
        Assert.Equal(0, host.Engine.OpenConnections);
    }

    private static string Series(string cause) => $"heartbeatgateway_tls_failures_total{{cause=\"{cause}\"}}";

    private Task<ServiceHost> StartAsync(LogText? logs, params string[] settings) => ServiceHost.StartAsync(
        [$"--Gateway:Tls:CertificateFile={_certificates.CertificateFile}", $"--Gateway:Tls:KeyFile={_certificates.KeyFile}", "--Serilog:MinimumLevel:Default=Information", .. settings], logs);
}
