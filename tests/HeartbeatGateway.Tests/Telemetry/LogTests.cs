using System.Reflection;
using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Tests.Telemetry;

public sealed class LogTests
{
    [Fact]
    public void Event_ids_and_names_are_explicit_unique_and_apart_from_the_engines()
    {
        var events = typeof(Log).GetMethods(BindingFlags.Static | BindingFlags.Public)
            .Select(m => m.GetCustomAttribute<LoggerMessageAttribute>()).OfType<LoggerMessageAttribute>().ToList();
        Assert.NotEmpty(events);
        Assert.All(events, e => Assert.InRange(e.EventId, 100, 199));
        Assert.Equal(events.Count, events.Select(e => e.EventId).Distinct().Count());
        Assert.Equal(events.Count, events.Select(e => e.EventName).OfType<string>().Distinct(StringComparer.Ordinal).Count());
    }
}
