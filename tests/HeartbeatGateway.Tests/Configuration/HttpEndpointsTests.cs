using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server.Options;
using Microsoft.Extensions.Configuration;

namespace HeartbeatGateway.Tests.Configuration;

public sealed class HttpEndpointsTests
{
    [Theory]
    [InlineData(null, null, 1, "http://127.0.0.1:8080/")]
    [InlineData("http://0.0.0.0:5000", null, 1, "http://127.0.0.1:5000/")]
    [InlineData("http://127.0.0.2:5000;http://localhost:6000", "7000", 2, "http://127.0.0.2:5000/")]
    [InlineData("http://[::1]:5000/", null, 1, "http://[::1]:5000/")]
    [InlineData("http://*:5000", null, 1, "http://127.0.0.1:5000/")]
    [InlineData(null, "7000;7001", 2, "http://127.0.0.1:7000/")]
    public void The_settings_of_aspnet_are_read(string? urls, string? ports, int endpoints, string loopback)
    {
        var configuration = Configure(urls, ports);
        Assert.Equal(endpoints, HttpEndpoints.Read(configuration).Count);
        Assert.Equal(loopback, HttpEndpoints.LoopbackUrl(configuration).ToString());
    }

    [Theory]
    [InlineData("https://0.0.0.0:5000", null, "ASPNETCORE_URLS holds 'https://0.0.0.0:5000', but the HTTP endpoint supports http only")]
    [InlineData("0.0.0.0:5000", null, "ASPNETCORE_URLS holds '0.0.0.0:5000', but must hold URLs")]
    [InlineData(null, "http", "ASPNETCORE_HTTP_PORTS holds 'http', but must hold port numbers")]
    [InlineData(null, "70000", "ASPNETCORE_HTTP_PORTS holds '70000', but must hold port numbers")]
    public void An_invalid_setting_is_reported_in_one_sentence(string? urls, string? ports, string sentence)
    {
        var configuration = Configure(urls, ports);
        Assert.StartsWith(sentence, Assert.Throws<GatewayOptionsException>(() => HttpEndpoints.Read(configuration)).Message, StringComparison.Ordinal);
        Assert.Throws<GatewayOptionsException>(() => HttpEndpoints.LoopbackUrl(configuration));
    }

    private static IConfiguration Configure(string? urls, string? ports) => new ConfigurationBuilder()
        .AddInMemoryCollection([KeyValuePair.Create("urls", urls), KeyValuePair.Create("http_ports", ports)]).Build();
}
