using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HeartbeatGateway.Cli.Tests.Api;

/// <summary>What goes wrong between hbg and a gateway: each fault has a text that says what to do, and an exit code.</summary>
public sealed class GatewayApiTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hbg-api-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<int, string, string, int, string> Answers => new()
    {
        { 400, """{"status":400,"detail":"The parameter 'limit' is wrong.","code":"invalid_parameter"}""", "application/problem+json", 2, "hbg: The parameter 'limit' is wrong.\n" },
        { 401, """{"status":401,"detail":"Send a key.","code":"key_required"}""", "application/problem+json", 7, "Send a key. hbg takes the key from HBG_KEY, HBG_KEY_FILE or --key-file." },
        { 403, """{"status":403,"detail":"The key 'a' has the scope read, but this needs admin.","code":"scope_required"}""", "application/problem+json", 7, "has the scope read, but this needs admin.\n" },
        { 404, """{"status":404,"detail":"The client 'x' is not connected.","code":"client_gone"}""", "application/problem+json", 8, "hbg: The client 'x' is not connected.\n" },
        { 404, """{"status":404,"detail":"There is nothing at this address.","code":"not_found"}""", "application/problem+json", 4, "has no /api/v1/status: it is older than this hbg" },
        { 405, """{"status":405,"detail":"This address does not take this method.","code":"method_not_allowed"}""", "application/problem+json", 4, "it is older than this hbg" },
        { 409, """{"status":409,"detail":"A drain runs already.","code":"already_draining"}""", "application/problem+json", 7, "hbg: A drain runs already.\n" },
        { 500, """{"status":500,"detail":"The gateway failed to answer.","code":"internal_error"}""", "application/problem+json", 7, "hbg: The gateway failed to answer.\n" },
        { 403, """{"status":403,"detail":"red \u001b[31m and\nmore","code":"x"}""", "application/problem+json", 7, @"hbg: red \u001B[31m and\u000Amore" },
        { 404, "", "text/plain", 4, "answered 404 with text/plain: it is another server, or a gateway without this HTTP API" },
        { 404, "<html>nginx</html>", "text/html", 4, "it is another server" },
        { 200, "<html>welcome</html>", "text/html", 4, "answered 200 with text/html: it is not the HTTP API of a gateway" },
        { 502, "<html>Bad Gateway</html>", "text/html", 7, "a proxy answers and does not reach the gateway" },
        { 401, "<html>login</html>", "text/html", 7, "a proxy before the gateway wants its own login" },
        { 200, "{", "application/json", 4, "JSON that hbg cannot read" },
        { 200, "[]", "application/json", 4, "JSON that hbg cannot read" },
        { 200, "null", "application/json", 4, "JSON that hbg cannot read" },
        { 200, """{"connectedClients":"many"}""", "application/json", 4, "JSON that hbg cannot read ($.connectedClients)" },
        { 200, """{"uptime":5}""", "application/json", 4, "JSON that hbg cannot read (without 'connectedClients')" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task An_answer_that_is_no_result_is_explained(int status, string body, string type, int code, string error)
    {
        var run = new FakeApi().On("GET status", new Reply(status, body, type)).Run();
        Assert.Equal((ExitCode)code, await run.LineAsync("status"));
        Assert.Contains(error, run.Errors, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    [Fact]
    public async Task A_port_without_a_listener_is_named()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        var run = Real();
        Assert.Equal(ExitCode.NoGateway, await run.LineAsync($"status --gateway 127.0.0.1:{((System.Net.IPEndPoint)socket.LocalEndPoint!).Port}"));
        Assert.Contains("refuses connections: no gateway listens there. Check --gateway or HBG_GATEWAY", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_without_an_address_is_named()
    {
        var run = new CliRun { Http = () => new Throwing(new HttpRequestException(HttpRequestError.NameResolutionError, "x", new SocketException((int)SocketError.HostNotFound))) };
        Assert.Equal(ExitCode.NoGateway, await run.LineAsync("status --gateway gateway.invalid"));
        Assert.Contains("http://gateway.invalid:8080: the name 'gateway.invalid' has no address", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gateway_that_does_not_answer_is_given_up()
    {
        var handler = new Throwing(null);
        var run = new CliRun { Http = () => handler };
        var running = run.LineAsync("status --timeout 3s");
        await handler.Asked;
        run.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(ExitCode.NoGateway, await running);
        Assert.Contains("did not answer within 3 s", run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.9\r\n", "did not answer in HTTP: give the gateway's HTTP port")]
    [InlineData(null, "ended the connection without an answer")]
    public async Task A_port_of_another_protocol_is_explained(string? bytes, string error)
    {
        await using var server = new RawServer(bytes);
        var run = Real();
        Assert.Equal(ExitCode.NoGateway, await run.LineAsync($"status --gateway {server.Address}"));
        Assert.Contains(error, run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_key_does_not_follow_a_redirect()
    {
        await using var other = new RawServer(RawServer.Answer(Contract.Status));
        await using var server = new RawServer($"HTTP/1.1 307 Temporary Redirect\r\nLocation: {other.Address}/api/v1/status?x=1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        var run = Real().Set("HBG_KEY", "the-key-of-an-operator");
        Assert.Equal(ExitCode.NoGateway, await run.LineAsync($"status --gateway {server.Address}"));
        Assert.Contains($"redirects to {other.Address}/api/v1/status: hbg does not follow, because the key is for the given address only", run.Errors, StringComparison.Ordinal);
        Assert.Contains("Authorization: Bearer the-key-of-an-operator", Assert.Single(server.Requests), StringComparison.Ordinal);
        Assert.Empty(other.Requests);
    }

    [Fact]
    public async Task TLS_with_a_private_CA_needs_it_as_an_option()
    {
        using var certificate = SelfSigned();
        await File.WriteAllTextAsync(Path.Combine(_folder, "ca.pem"), certificate.ExportCertificatePem(), TestContext.Current.CancellationToken);
        await using var server = new RawServer(certificate, [RawServer.Answer(Contract.Status)]);
        var run = Real();
        Assert.Equal(ExitCode.NoGateway, await run.LineAsync($"status --gateway {server.Address}"));
        Assert.Contains("TLS failed: ", run.Errors, StringComparison.Ordinal);
        Assert.Contains("give its certificate with --tls-ca", run.Errors, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Success, await run.LineAsync($"status --gateway {server.Address} --tls-ca {_folder}/ca.pem"));
        Assert.Contains("18000 connected", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Https_to_a_plain_port_is_explained()
    {
        await using var server = new RawServer("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        var run = Real();
        Assert.Equal(ExitCode.NoGateway, await run.LineAsync($"status --gateway {server.Address.Replace("http:", "https:", StringComparison.Ordinal)}"));
        Assert.Contains("The port speaks plain HTTP", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Too_many_requests_are_tried_again_when_the_gateway_says()
    {
        var api = new FakeApi().On("GET status", Reply.Problem(429, "too_many_requests", "Too many.") with { RetryAfter = TimeSpan.FromSeconds(1) }, Contract.Status);
        var run = api.Run();
        Assert.Equal(ExitCode.Success, await run.AdvanceUntilAsync(run.LineAsync("status"), TimeSpan.FromSeconds(1)));
        Assert.Equal(2, api.Requests.Count);
        api.On("GET status", Reply.Problem(429, "too_many_requests", "Too many.") with { RetryAfter = TimeSpan.FromMinutes(5) });
        Assert.Equal(ExitCode.Refused, await run.LineAsync("status"));
        Assert.Contains("hbg: Too many.\n", run.Errors, StringComparison.Ordinal);
    }

    private static CliRun Real() => new() { Clock = TimeProvider.System };

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=gateway.test", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    /// <summary>Fails each request with an exception; null never answers.</summary>
    private sealed class Throwing(Exception? fault) : HttpMessageHandler
    {
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Asked => _asked.Task;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            _asked.TrySetResult();
            if (fault is not null) throw fault;
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            throw new InvalidOperationException();
        }
    }
}
