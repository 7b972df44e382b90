using System.Text.Json;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Cli.Tests.Connect;

/// <summary>What <c>connect</c> shows of messages that it had to drop.</summary>
public sealed class DropTests
{
    private const int Pushes = 3_000;

    [Fact]
    public async Task Shows_each_message_that_was_dropped_while_the_output_was_blocked()
    {
        var run = await BlockAsync("");
        var dropped = run.Lines.Where(l => l.Contains(" dropped ", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(dropped);
        // The first drop may be told alone.
        Assert.All(dropped, l => Assert.Matches("dropped (1 received message|[0-9]+ received messages): they arrive faster than the output takes them", l));
        var received = run.Lines.Count(l => l.Contains("received news", StringComparison.Ordinal));
        Assert.Contains($"{received} received, {Pushes - received} dropped", run.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_has_an_event_and_a_total_of_dropped_messages()
    {
        var run = await BlockAsync("--json");
        var events = run.Lines.Select(l => JsonDocument.Parse(l).RootElement).ToLookup(e => e.GetProperty("event").GetString());
        var received = events["message"].Count();
        Assert.All(events["dropped"], e => Assert.Equal("receive_queue_full", e.GetProperty("reason").GetString()));
        Assert.Equal(Pushes - received, events["dropped"].Sum(e => e.GetProperty("count").GetInt32()));
        var end = Assert.Single(events["end"]);
        Assert.Equal((received, Pushes - received), (end.GetProperty("received").GetInt32(), end.GetProperty("dropped").GetInt32()));
    }

    /// <summary>Runs a session whose output is blocked while the gateway sends more messages than the receive queue holds.</summary>
    private static async Task<CliRun> BlockAsync(string options)
    {
        // The client ends its stream at the close frame, when it has read every message before it.
        var close = new ClosePayload { Reason = CloseReason.Banned, Retry = false, ServerTime = TimeProvider.System.GetUtcNow() };
        await using var gateway = new FakeGateway { Push = ("news", "rain"), Pushes = Pushes, Close = close };
        using var input = new EndlessInput();
        var run = new CliRun { Clock = TimeProvider.System, Input = input }.Set("HBG_SECRET", CliRun.Secret);
        // The first message is shown, and no other one until all have arrived.
        run.Out.BlocksAfter = "news";
        var running = run.LineAsync($"connect -e {gateway.Endpoint} --client-id a {options}");
        await gateway.ClientEndedAsync();
        run.Out.Unblock();
        Assert.Equal(ExitCode.NoGateway, await running);
        return run;
    }
}
