using HeartbeatGateway.Tests.Support;
using HeartbeatGateway.Transport;
using Microsoft.Extensions.DependencyInjection;

namespace HeartbeatGateway.Tests.Transport;

/// <summary>The environment variable by which <c>tests/network.sh</c> runs tests on another transport.</summary>
public sealed class ChosenTransportTests
{
    [Fact]
    public async Task The_service_of_the_tests_runs_on_the_transport_of_the_environment()
    {
        await using var host = await ServiceHost.StartAsync();
        var isEpoll = host.App.Services.GetRequiredService<GatewayTransportFactory>().Epoll is not null;
        Assert.Equal(Environment.GetEnvironmentVariable("Gateway__Tcp__Transport") ?? "Sockets", isEpoll ? "Epoll" : "Sockets", ignoreCase: true);
    }
}
