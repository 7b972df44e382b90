using System.Reflection;
using HeartbeatGateway.Redis.Channel;
using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Redis.Tests.Channel;

public sealed class ChannelLogTests
{
    [Fact]
    public void Event_ids_and_names_are_explicit_and_unique()
    {
        var events = typeof(ChannelLog).GetMethods(BindingFlags.Static | BindingFlags.Public)
            .Select(m => m.GetCustomAttribute<LoggerMessageAttribute>()).OfType<LoggerMessageAttribute>().ToList();
        Assert.NotEmpty(events);
        Assert.All(events, e => Assert.InRange(e.EventId, 320, 336));
        Assert.Equal(events.Count, events.Select(e => e.EventId).Distinct().Count());
        Assert.Equal(events.Count, events.Select(e => e.EventName).OfType<string>().Distinct(StringComparer.Ordinal).Count());
    }
}
