using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using HeartbeatGateway.Client.Tests.Support;

namespace HeartbeatGateway.Client.Tests.Transport;

public sealed class TlsTests : IDisposable
{
    private readonly TestCertificates _certificates = new();
    private readonly SocketGateway _gateway = new();
    private string? _serverName;
    private X509Certificate2? _clientCertificate;

    public static TheoryData<SslProtocols> Versions => [SslProtocols.Tls12, SslProtocols.Tls13];

    private GatewayClientOptions Options => _gateway.Options with
    {
        Endpoints = [new DnsEndPoint("localhost", _gateway.EndPoint.Port)],
        CloseTimeout = TimeSpan.Zero,
        Tls = new GatewayClientTls { ServerName = "gateway.test", TrustedRoots = [_certificates.Root], ClientCertificate = _certificates.Client },
    };

    public void Dispose()
    {
        _gateway.Dispose();
        _certificates.Dispose();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Sends_server_name_and_client_certificate_exchanges_frames_and_shuts_down_gracefully(SslProtocols version)
    {
        await using var client = new GatewayClient(Options with { CloseTimeout = TimeSpan.FromSeconds(20) });
        var connecting = client.ConnectAsync();
        var (server, tls) = await _gateway.AcceptTlsAsync(Server(version));
        await server.WelcomeAsync();
        await connecting.WaitAsync(Wait.Limit);
        Assert.Equal("gateway.test", _serverName);
        Assert.Equal(_certificates.Client.Thumbprint, _clientCertificate!.Thumbprint);

        var content = new byte[200_000];
        new Random(1).NextBytes(content);
        await client.SendAsync("message", content);
        Assert.Equal(content, (await server.ReadAsync("message")).Content);
        await server.SendAsync("message", content);
        await foreach (var message in client.ReadMessagesAsync())
        {
            Assert.Equal(content, message.Content.ToArray());
            break;
        }

        var disposing = client.DisposeAsync().AsTask();
        Assert.Empty(await server.ReadToEndAsync());
        await tls.ShutdownAsync();
        await tls.DisposeAsync();
        await disposing.WaitAsync(Wait.Limit);
        Assert.Equal("The client was disposed and has shut down gracefully.", client.State.LastDisconnect!.Message);
    }

    [Fact]
    public async Task Sends_the_endpoint_host_name_when_no_server_name_is_set()
    {
        await using var client = new GatewayClient(Options with { Tls = Options.Tls! with { ServerName = null } });
        var states = new StateLog(client);
        client.Start();
        await TryServeAsync(Server(SslProtocols.None));
        Assert.Equal("localhost", _serverName);
        // The certificate does not contain that name.
        await AssertTlsFailedAsync(states);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Rejects_a_certificate_of_an_untrusted_root(bool trustsSystemRoots)
    {
        using var others = new TestCertificates();
        X509Certificate2Collection? roots = trustsSystemRoots ? null : [others.Root];
        await using var client = new GatewayClient(Options with { Tls = Options.Tls! with { TrustedRoots = roots } });
        var states = new StateLog(client);
        client.Start();
        await TryServeAsync(Server(SslProtocols.None));
        await AssertTlsFailedAsync(states);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Mentions_the_client_certificate_when_the_gateway_requires_one(SslProtocols version)
    {
        await using var client = new GatewayClient(Options with { Tls = Options.Tls! with { ClientCertificate = null } });
        var states = new StateLog(client);
        client.Start();
        await TryServeAsync(Server(version));
        // For the client the handshake may already be complete, and the server does not have to state why it ends the connection.
        var end = (await states.UntilAsync(s => s.LastDisconnect is not null)).LastDisconnect!;
        Assert.True(end.Kind is DisconnectKind.TlsFailed or DisconnectKind.EndOfStream or DisconnectKind.Reset, end.ToString());
        Assert.Contains("client certificate", end.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reports_a_failed_handshake_when_the_server_does_not_use_tls()
    {
        await using var client = new GatewayClient(Options);
        var states = new StateLog(client);
        client.Start();
        var (server, _) = await _gateway.AcceptAsync();
        await server.SendPingAsync();
        await AssertTlsFailedAsync(states);
        Assert.Contains("this port does not use TLS", client.State.LastDisconnect!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Takes_a_renewed_client_certificate_at_the_next_handshake()
    {
        using var others = new TestCertificates();
        var current = _certificates.Client;
        var options = Options with { Tls = Options.Tls! with { ClientCertificate = null, ClientCertificateSource = () => [current] } };
        await using var client = new GatewayClient(options);
        client.Start();
        var (_, first) = await _gateway.AcceptTlsAsync(Server(SslProtocols.Tls13));
        Assert.Equal(_certificates.Client.Thumbprint, _clientCertificate!.Thumbprint);
        current = others.Client;
        await first.DisposeAsync();
        await _gateway.AcceptTlsAsync(Server(SslProtocols.Tls13));
        Assert.Equal(others.Client.Thumbprint, _clientCertificate.Thumbprint);
    }

    [Fact]
    public async Task Sends_the_intermediates_of_the_client_certificate()
    {
        using var issuer = new TestCertificates();
        var received = new List<string>();
        var options = Options with { Tls = Options.Tls! with { ClientCertificate = issuer.ClientOfIntermediate, ClientIntermediates = [issuer.Intermediate] } };
        await using var client = new GatewayClient(options);
        client.Start();
        var server = Server(SslProtocols.Tls13);
        server.RemoteCertificateValidationCallback = (_, _, chain, _) =>
        {
            received.AddRange(chain!.ChainPolicy.ExtraStore.Select(c => c.Thumbprint));
            return true;
        };
        await _gateway.AcceptTlsAsync(server);
        Assert.Contains(issuer.Intermediate.Thumbprint, received);
    }

    [Theory]
    [InlineData("1503010002020A", "this port requires TLS")]
    [InlineData("485454502F312E3120343030204261642052657175657374", "this is an HTTP port")]
    public async Task Names_a_tls_port_and_an_http_port_to_a_client_without_tls(string bytes, string expected)
    {
        await using var client = new GatewayClient(Options with { Tls = null });
        var states = new StateLog(client);
        client.Start();
        var (server, _) = await _gateway.AcceptAsync();
        await server.SendRawAsync(Convert.FromHexString(bytes));
        var end = (await states.UntilAsync(s => s.LastDisconnect is not null)).LastDisconnect!;
        Assert.Equal(DisconnectKind.ProtocolViolation, end.Kind);
        Assert.Contains(expected, end.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Aborts_a_handshake_that_does_not_finish_within_the_timeout()
    {
        var time = new TestClock(TimeProvider.System.GetUtcNow());
        await using var client = new GatewayClient(Options, null, time);
        var states = new StateLog(client);
        client.Start();
        var (server, socket) = await _gateway.AcceptAsync();
        await Wait.UntilAsync(() => socket.Available > 0, "the handshake began");
        time.Advance(TimeSpan.FromSeconds(9.999));
        Assert.Equal(GatewayClientStatus.Connecting, client.State.Status);
        time.Advance(TimeSpan.FromSeconds(0.001));
        var end = (await states.UntilAsync(GatewayClientStatus.Waiting)).LastDisconnect!;
        Assert.Equal(DisconnectKind.TlsFailed, end.Kind);
        Assert.Contains("did not finish within 10 s", end.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dispose_during_a_handshake_closes_the_socket()
    {
        await using var client = new GatewayClient(Options);
        client.Start();
        var (_, socket) = await _gateway.AcceptAsync();
        await Wait.UntilAsync(() => socket.Available > 0, "the handshake began");
        await client.DisposeAsync().AsTask().WaitAsync(Wait.Limit);
        // The socket is closed: the server reads the bytes that were sent, and then the end of stream.
        var buffer = new byte[64 * 1024];
        while (await socket.ReceiveAsync(buffer).WaitAsync(Wait.Limit) > 0)
        {
            // These are bytes of the handshake.
        }
    }

    [Fact]
    public async Task Reads_frames_that_arrive_byte_by_byte_over_tls()
    {
        await using var client = new GatewayClient(Options);
        var connecting = client.ConnectAsync();
        var (server, tls) = await _gateway.AcceptTlsAsync(Server(SslProtocols.Tls13));
        await server.WelcomeAsync();
        await connecting.WaitAsync(Wait.Limit);
        var frame = server.Encode("message", "in pieces"u8.ToArray());
        foreach (var piece in frame) await tls.WriteAsync(new[] { piece });
        await foreach (var message in client.ReadMessagesAsync())
        {
            Assert.Equal("in pieces"u8.ToArray(), message.Content.ToArray());
            break;
        }
    }

    private static async Task AssertTlsFailedAsync(StateLog states)
    {
        var end = (await states.UntilAsync(s => s.LastDisconnect is not null)).LastDisconnect!;
        Assert.True(end.Kind == DisconnectKind.TlsFailed, end.ToString());
        Assert.NotNull(end.Exception);
    }

    /// <summary>Runs the gateway's side of a handshake that is expected to fail, on either side.</summary>
    private async Task TryServeAsync(SslServerAuthenticationOptions options)
    {
        try
        {
            var (_, tls) = await _gateway.AcceptTlsAsync(options);
            await tls.DisposeAsync();
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            // The failure is expected.
        }
    }

    private SslServerAuthenticationOptions Server(SslProtocols version) => new()
    {
        EnabledSslProtocols = version,
        ServerCertificateSelectionCallback = (_, name) =>
        {
            _serverName = name;
            return _certificates.Server;
        },
        ClientCertificateRequired = true,
        RemoteCertificateValidationCallback = (_, certificate, _, _) =>
        {
            _clientCertificate = certificate as X509Certificate2;
            return certificate is not null;
        },
    };
}
