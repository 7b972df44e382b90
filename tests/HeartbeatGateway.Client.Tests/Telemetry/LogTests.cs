using System.Reflection;
using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Client.Tests.Telemetry;

public sealed class LogTests
{
    [Fact]
    public void Event_ids_and_names_are_explicit_and_unique()
    {
        var events = typeof(Log).GetMethods(BindingFlags.Static | BindingFlags.Public)
            .Select(m => m.GetCustomAttribute<LoggerMessageAttribute>()).OfType<LoggerMessageAttribute>().ToList();
        Assert.NotEmpty(events);
        Assert.All(events, e => Assert.False(string.IsNullOrEmpty(e.EventName)));
        Assert.Equal(events.Count, events.Select(e => e.EventId).Distinct().Count());
        Assert.Equal(events.Count, events.Select(e => e.EventName).Distinct(StringComparer.Ordinal).Count());
    }
}
