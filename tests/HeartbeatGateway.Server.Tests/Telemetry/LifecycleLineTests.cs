using System.Net;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Server.Tests.Clients;
using HeartbeatGateway.Testing;
using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Server.Tests.Telemetry;

/// <summary>The lines about one client can be found by its session, its address and its port, and have a level that fits the reason.</summary>
public sealed class LifecycleLineTests
{
    [Fact]
    public async Task Lifecycle_lines_have_the_session_of_the_welcome_the_address_and_the_port()
    {
        using var gateway = new EngineHarness();
        var (old, first) = await gateway.IdentifiedAsync();
        var (client, second) = await gateway.IdentifiedAsync(EngineHarness.Hello(attempt: 2));
        await old.ClosedWithFrameAsync();
        await client.DisconnectAsync();
        string[] names = ["ClientConnected", "ClientReconnected", "ClientReplaced", "ConnectionClosed"];
        foreach (var name in names)
        {
            var lines = gateway.Logs.GetSnapshot().Where(l => l.Id.Name == name).ToList();
            Assert.NotEmpty(lines);
            Assert.All(lines, l => Assert.Equal(("192.0.2.1", "50000", "192.0.2.1:50000"),
                (l.GetStructuredStateValue("RemoteAddress"), l.GetStructuredStateValue("RemotePort"), l.GetStructuredStateValue("RemoteEndPoint"))));
            Assert.All(lines, l => Assert.Contains(l.GetStructuredStateValue("SessionId"), new[] { first.SessionId, second.SessionId }));
            Assert.All(lines, l => Assert.Contains($"session {l.GetStructuredStateValue("SessionId")}", l.Message, StringComparison.Ordinal));
        }

        Assert.Equal([first.SessionId, second.SessionId], gateway.Logs.GetSnapshot().Where(l => l.Id.Name == "ConnectionClosed").Select(l => l.GetStructuredStateValue("SessionId")));
    }

    [Theory]
    [InlineData("2001:db8::7", "2001:db8::7")]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7")]
    public async Task The_address_is_the_same_text_for_each_connection_of_a_peer(string address, string logged)
    {
        using var gateway = new EngineHarness();
        var client = await gateway.ConnectedAsync(IPAddress.Parse(address));
        await client.DisconnectAsync();
        var line = Assert.Single(gateway.Logs.GetSnapshot(), l => l.Id.Name == "ConnectionClosed");
        Assert.Equal((logged, "(none)"), (line.GetStructuredStateValue("RemoteAddress"), line.GetStructuredStateValue("SessionId")));
    }

    [Theory]
    [InlineData(CloseReason.Draining, LogLevel.Information)]
    [InlineData(CloseReason.MaxAge, LogLevel.Information)]
    [InlineData(CloseReason.ReaderIdle, LogLevel.Information)]
    [InlineData(CloseReason.Replaced, LogLevel.Information)]
    [InlineData(CloseReason.BadLength, LogLevel.Warning)]
    [InlineData(CloseReason.SlowConsumer, LogLevel.Warning)]
    [InlineData(CloseReason.InternalError, LogLevel.Warning)]
    public async Task The_level_of_a_closed_connection_fits_its_reason(CloseReason reason, LogLevel level)
    {
        using var gateway = new EngineHarness();
        Assert.Equal(level, await LevelOfCloseAsync(gateway, reason));
    }

    [Theory]
    [InlineData("draining", CloseReason.Draining)]
    [InlineData("Draining", CloseReason.Draining)]
    [InlineData("bad_length", CloseReason.BadLength)]
    public async Task The_level_of_a_reason_can_be_set_and_changed(string name, CloseReason reason)
    {
        using var gateway = new EngineHarness(o => o.Logging.Levels[name] = LogLevel.Debug);
        Assert.Equal(LogLevel.Debug, await LevelOfCloseAsync(gateway, reason));
        gateway.Options.Logging.Levels[name] = LogLevel.Error;
        gateway.Engine.Reconfigure(gateway.Options);
        Assert.Equal(LogLevel.Error, await LevelOfCloseAsync(gateway, reason));
        gateway.Options.Logging.Levels[name] = LogLevel.None;
        gateway.Engine.Reconfigure(gateway.Options);
        Assert.Null(await LevelOfCloseAsync(gateway, reason));
    }

    [Fact]
    public void Each_reason_has_a_level()
    {
        var levels = new CloseLevels(new LoggingOptions());
        Assert.All(CloseReasons.All, reason => Assert.InRange(levels.Of(reason), LogLevel.Information, LogLevel.Warning));
    }

    private static async Task<LogLevel?> LevelOfCloseAsync(EngineHarness gateway, CloseReason reason)
    {
        gateway.Logs.Clear();
        var client = await gateway.ConnectedAsync();
        gateway.Engine.Close(gateway.Engine.Table.All().Single().Id, reason);
        client.CloseOutput();
        await client.Handler;
        return gateway.Logs.GetSnapshot().SingleOrDefault(l => l.Id.Name == "ConnectionClosed")?.Level;
    }
}
