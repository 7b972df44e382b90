using System.Reflection;
using HeartbeatGateway.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Tests.Telemetry;

public sealed class LogTests
{
    [Fact]
    public void Event_ids_and_names_are_explicit_unique_and_distinct_from_the_engines()
    {
        var events = typeof(Log).GetMethods(BindingFlags.Static | BindingFlags.Public)
            .Select(m => m.GetCustomAttribute<LoggerMessageAttribute>()).OfType<LoggerMessageAttribute>().ToList();
        Assert.NotEmpty(events);
        Assert.All(events, e => Assert.InRange(e.EventId, 100, 199));
        Assert.Equal(events.Count, events.Select(e => e.EventId).Distinct().Count());
        Assert.Equal(events.Count, events.Select(e => e.EventName).OfType<string>().Distinct(StringComparer.Ordinal).Count());
    }

    [Theory]
    [InlineData("Microsoft.AspNetCore.Server.Kestrel", false)]
    [InlineData("Microsoft.AspNetCore.Server.Kestrel.Connections", false)]
    [InlineData("Microsoft.AspNetCore.Hosting.Diagnostics", true)]
    [InlineData("HeartbeatGateway.Server", true)]
    public async Task Only_loggers_of_Kestrel_open_no_scopes(string category, bool hasScopes)
    {
        await using var host = await ServiceHost.StartAsync();
        using var scope = host.App.Services.GetRequiredService<ILoggerFactory>().CreateLogger(category).BeginScope("a connection");
        Assert.Equal(hasScopes, scope is not null);
    }
}
