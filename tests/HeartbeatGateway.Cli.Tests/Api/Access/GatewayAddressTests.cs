using HeartbeatGateway.Cli.Api.Access;

namespace HeartbeatGateway.Cli.Tests.Api.Access;

public sealed class GatewayAddressTests
{
    [Theory]
    [InlineData("gateway", "http://gateway:8080/")]
    [InlineData("gateway:9090", "http://gateway:9090/")]
    [InlineData("gateway:80", "http://gateway/")]
    [InlineData("[::1]", "http://[::1]:8080/")]
    [InlineData("http://127.0.0.1:8080/", "http://127.0.0.1:8080/")]
    [InlineData("https://ops.example/gateway", "https://ops.example/gateway/")]
    public void Completes_addresses(string text, string address) => Assert.Equal(address, $"{GatewayAddress.Parse("--gateway", text)}");

    [Theory]
    [InlineData("ftp://gateway", "--gateway is 'ftp://gateway', but must be")]
    [InlineData("http://", "but must be")]
    [InlineData("", "but must be")]
    [InlineData("http://gateway/?key=1", "but must be")]
    [InlineData("http://gateway/#x", "but must be")]
    public void Refuses_other_forms(string text, string error)
    {
        var e = Assert.Throws<CliException>(() => GatewayAddress.Parse("--gateway", text));
        Assert.Equal(ExitCode.Usage, e.Code);
        Assert.Contains(error, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_password_in_an_address_is_refused_and_not_repeated()
    {
        var e = Assert.Throws<CliException>(() => GatewayAddress.Parse("HBG_GATEWAY", "http://user:hunter2@gateway"));
        Assert.StartsWith("HBG_GATEWAY contains an @", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_option_wins_over_the_variable()
    {
        var run = Contract.Gateway().Run().Set("HBG_GATEWAY", "gateway-a");
        await run.LineAsync("status");
        Assert.Contains("at http://gateway-a:8080\n", run.Output, StringComparison.Ordinal);
        await run.LineAsync("status --gateway gateway-b");
        Assert.Contains("at http://gateway-b:8080\n", run.Output, StringComparison.Ordinal);
    }
}
