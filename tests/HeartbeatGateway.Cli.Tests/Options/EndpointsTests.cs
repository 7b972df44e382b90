using System.Net;
using HeartbeatGateway.Cli.Options;

namespace HeartbeatGateway.Cli.Tests.Options;

public sealed class EndpointsTests
{
    [Theory]
    [InlineData("tcp://127.0.0.1:8081", "127.0.0.1:8081")]
    [InlineData("TCP://127.0.0.1:8081/", "127.0.0.1:8081")]
    [InlineData("tcp://[2001:db8::1]:8081", "[2001:db8::1]:8081")]
    [InlineData("127.0.0.1:8081", "127.0.0.1:8081")]
    public void Accepts_a_tcp_URL(string text, string endpoint) => Assert.Equal(IPEndPoint.Parse(endpoint), Endpoints.Parse("--endpoint", text));

    [Theory]
    [InlineData("tls://gateway:8081", "write gateway:8081 and the option --tls")]
    [InlineData("http://gateway:8081", "write host:port or tcp://host:port")]
    [InlineData("tcp://gateway", "--endpoint: ")]
    public void Names_what_is_wrong_with_another_URL(string text, string expected)
    {
        var error = Assert.Throws<CliException>(() => Endpoints.Parse("--endpoint", text));
        Assert.Equal(ExitCode.Usage, error.Code);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("9081", "127.0.0.1:9081")]
    [InlineData("localhost:9081", "127.0.0.1:9081")]
    [InlineData("127.0.0.1:0", "127.0.0.1:0")]
    [InlineData("[::1]:9081", "[::1]:9081")]
    [InlineData("tcp://0.0.0.0:9081", "0.0.0.0:9081")]
    public void Accepts_an_address_of_this_machine(string text, string endpoint) =>
        Assert.Equal(IPEndPoint.Parse(endpoint), Endpoints.ParseLocal("--listen", text));

    [Theory]
    [InlineData("")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("::1:9081")]
    [InlineData("gateway.example:9081")]
    public void Refuses_any_other_local_address(string text) =>
        Assert.Equal(ExitCode.Usage, Assert.Throws<CliException>(() => Endpoints.ParseLocal("--listen", text)).Code);
}
