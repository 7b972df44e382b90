using System.Net;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Tests.Terminals;

public sealed class LoopbackBypassTests
{
    private readonly LoopbackBypass _proxy = new(new WebProxy("http://proxy.example:3128"));

    [Theory]
    [InlineData("http://localhost:8080/metrics")]
    [InlineData("http://LOCALHOST.:8080/")]
    [InlineData("http://gateway.localhost:8080/")]
    [InlineData("http://127.0.0.1:8080/")]
    [InlineData("http://127.9.9.9/")]
    [InlineData("http://[::1]:8080/")]
    [InlineData("http://[::ffff:127.0.0.1]/")]
    [InlineData("http://0.0.0.0:8080/")]
    public void The_proxy_of_the_environment_is_not_used_for_this_machine(string uri)
    {
        Assert.True(_proxy.IsBypassed(new Uri(uri)));
        Assert.Null(_proxy.GetProxy(new Uri(uri)));
    }

    [Theory]
    [InlineData("http://gateway.example:8080/metrics")]
    [InlineData("http://localhost.example/")]
    [InlineData("http://10.0.0.1/")]
    public void The_proxy_of_the_environment_is_used_for_other_machines(string uri)
    {
        Assert.False(_proxy.IsBypassed(new Uri(uri)));
        Assert.Equal("proxy.example", _proxy.GetProxy(new Uri(uri))!.Host);
    }

    [Fact]
    public void The_HTTP_handler_of_the_commands_uses_it()
    {
        using var handler = Assert.IsType<SocketsHttpHandler>(new CliRun().Environment().Http());
        Assert.IsType<LoopbackBypass>(handler.Proxy);
    }
}
