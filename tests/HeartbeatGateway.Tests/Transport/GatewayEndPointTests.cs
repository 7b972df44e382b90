using HeartbeatGateway.Transport;

namespace HeartbeatGateway.Tests.Transport;

public sealed class GatewayEndPointTests
{
    [Theory]
    [InlineData("0.0.0.0:8081", "0.0.0.0:8081")]
    [InlineData("[::]:8081", "[::]:8081")]
    [InlineData("[2001:db8::1]:1", "[2001:db8::1]:1")]
    [InlineData("localhost:0", "127.0.0.1:0")]
    [InlineData("*:65535", "[::]:65535")]
    public void An_address_and_a_port_are_parsed(string text, string address)
    {
        Assert.True(GatewayEndPoint.TryParse(text, out var endPoint, out var error), error);
        Assert.Equal(address, endPoint!.Address.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("8081")]
    [InlineData("0.0.0.0")]
    [InlineData(":8081")]
    [InlineData("::1:8081")]
    [InlineData("[127.0.0.1]:8081")]
    [InlineData("0.0.0.0:65536")]
    [InlineData("0.0.0.0:-1")]
    [InlineData("http://0.0.0.0:8081")]
    public void Any_other_text_is_rejected_with_examples(string text)
    {
        Assert.False(GatewayEndPoint.TryParse(text, out _, out var error));
        Assert.StartsWith($"is '{text}', but must be an address and a port such as", error, StringComparison.Ordinal);
    }
}
