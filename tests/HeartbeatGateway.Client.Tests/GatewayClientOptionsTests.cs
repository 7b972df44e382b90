using System.Net;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Client.Tests;

public sealed class GatewayClientOptionsTests
{
    private static readonly GatewayClientOptions Good = new()
    {
        Endpoints = [new DnsEndPoint("gateway.example", 8081)],
        Tokens = new TokenKeyringOptions { Secrets = [new TokenSecret("k1", "a secret for tests only")] },
    };

    private static readonly TokenKeyringOptions WithoutDate = Good.Tokens with
    {
        Scheme = TokenScheme.Digest,
        Digest = DigestRecipe.TryCreate("SHA1", DigestOutput.Hex, "{length}{content}{secret}", out var recipe, out var error) ? recipe : throw new ArgumentException(error),
    };

    public static TheoryData<string, GatewayClientOptions> Wrong => new()
    {
        { "Endpoints", Good with { Endpoints = [] } },
        { "Endpoints", Good with { Endpoints = default } },
        { "Endpoints", Good with { Endpoints = [new DnsEndPoint("gateway", 0)] } },
        { "Endpoints", Good with { Endpoints = [new System.Net.Sockets.UnixDomainSocketEndPoint("/tmp/x")] } },
        { "Tokens", Good with { Tokens = null! } },
        { "Tokens", Good with { Tokens = new TokenKeyringOptions() } },
        { "Tokens", Good with { Tokens = new TokenKeyringOptions { Secrets = [new TokenSecret("k1", "short")] } } },
        { "ClientId", Good with { ClientId = "" } },
        { "ClientId", Good with { ClientId = "pump 17" } },
        { "ClientId", Good with { ClientId = new string('x', 129) } },
        { "Library", Good with { Library = "" } },
        { "Library", Good with { Library = "mine" } },
        { "Library", Good with { Library = "mine/1.0\n" } },
        { "Library", Good with { Library = "mine/" + new string('1', 60) } },
        { "Heartbeat", Good with { Heartbeat = TimeSpan.Zero } },
        { "Heartbeat", Good with { Heartbeat = TimeSpan.FromDays(2), ServerTimeout = TimeSpan.FromDays(2) } },
        { "ServerTimeout", Good with { ServerTimeout = TimeSpan.FromSeconds(5) } },
        { "ConnectTimeout", Good with { ConnectTimeout = TimeSpan.Zero } },
        { "InitialJitter", Good with { InitialJitter = TimeSpan.FromSeconds(-1) } },
        { "BackoffBase", Good with { BackoffBase = TimeSpan.Zero } },
        { "BackoffMax", Good with { BackoffMax = TimeSpan.FromMilliseconds(999) } },
        { "BackoffResetAfter", Good with { BackoffResetAfter = TimeSpan.FromSeconds(-1) } },
        { "CloseTimeout", Good with { CloseTimeout = Timeout.InfiniteTimeSpan } },
        { "SendQueueCapacity", Good with { SendQueueCapacity = 0 } },
        { "SendQueueBytes", Good with { SendQueueBytes = 157 } },
        { "SendQueueFullMode", Good with { SendQueueFullMode = (SendQueueFull)3 } },
        { "ReceiveQueueCapacity", Good with { ReceiveQueueCapacity = 0 } },
        { "ReceiveQueueBytes", Good with { MaxContentBytes = 2, ReceiveQueueBytes = 1 } },
        { "MaxContentBytes", Good with { MaxContentBytes = -1 } },
        { "Acknowledgements", Good with { Acknowledgements = true } },
        { "Acknowledgements", Good with { Acknowledgements = true, ClientId = "a", Tokens = new TokenKeyringOptions { Scheme = TokenScheme.None } } },
        { "Acknowledgements", Good with { Acknowledgements = true, ClientId = "a", Tokens = WithoutDate } },
        { "MaxUnacknowledged", Good with { MaxUnacknowledged = 0 } },
        { "MaxUnacknowledgedBytes", Good with { MaxUnacknowledgedBytes = 157 } },
        { "LocalAddress", Good with { LocalAddress = IPAddress.IPv6Loopback, Endpoints = [new IPEndPoint(IPAddress.Loopback, 1)] } },
        { "Tls.TrustedRoots", Good with { Tls = new GatewayClientTls { TrustedRoots = [] } } },
    };

    [Fact]
    public void Defaults_are_valid() => Good.Validate();

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Names_the_property_that_is_not_valid(string property, GatewayClientOptions options)
    {
        var exception = Assert.Throws<GatewayClientOptionsException>(options.Validate);
        Assert.Equal(property, exception.PropertyName);
        Assert.StartsWith(property + " ", exception.Message, StringComparison.Ordinal);
        Assert.Throws<GatewayClientOptionsException>(() => new GatewayClient(options));
    }

    [Fact]
    public void Does_not_show_a_weak_secret()
    {
        var options = Good with { Tokens = new TokenKeyringOptions { Secrets = [new TokenSecret("k1", "hunter2")] } };
        Assert.DoesNotContain("hunter2", Assert.Throws<GatewayClientOptionsException>(options.Validate).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Parses_host_names_IPv4_and_IPv6_addresses_with_a_port()
    {
        Assert.Equal(new DnsEndPoint("gateway.example", 8081), GatewayClientOptions.ParseEndpoint("gateway.example:8081"));
        Assert.Equal(new DnsEndPoint("localhost", 1), GatewayClientOptions.ParseEndpoint("localhost:1"));
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 65535), GatewayClientOptions.ParseEndpoint("127.0.0.1:65535"));
        Assert.Equal(new IPEndPoint(IPAddress.IPv6Loopback, 8081), GatewayClientOptions.ParseEndpoint("[::1]:8081"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("gateway")]
    [InlineData(":8081")]
    [InlineData("gateway:")]
    [InlineData("gateway:0")]
    [InlineData("gateway:65536")]
    [InlineData("gateway:+1")]
    [InlineData("gateway:8081 ")]
    [InlineData("::1:8081")]
    [InlineData("[::1]")]
    [InlineData("[gateway]:8081")]
    [InlineData("[127.0.0.1]:8081")]
    [InlineData("http://gateway:8081")]
    [InlineData("a b:8081")]
    public void Rejects_invalid_endpoint_text_with_an_example(string text)
    {
        var exception = Assert.Throws<GatewayClientOptionsException>(() => GatewayClientOptions.ParseEndpoint(text));
        Assert.Contains("host:8081", exception.Message, StringComparison.Ordinal);
    }
}
