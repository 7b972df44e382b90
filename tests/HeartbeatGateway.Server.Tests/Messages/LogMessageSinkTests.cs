using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Server.Options;

namespace HeartbeatGateway.Server.Tests.Messages;

/// <summary>What the sink <c>log</c> promises: a message is acknowledged when its line is written, or when none is wanted.</summary>
public sealed class LogMessageSinkTests
{
    private const string Name = "log";

    [Theory]
    [InlineData(true, MessageVerdict.Accepted)]
    [InlineData(false, MessageVerdict.Dropped)]
    public async Task A_numbered_message_is_settled_when_its_line_is_written_or_lost(bool isWritten, MessageVerdict verdict)
    {
        using var bench = new SinkBench(Name);
        await bench.SendAsync("1");
        Assert.Single(bench.Logs.GetSnapshot(), l => l.Id.Name == "MessageReceived");
        Assert.Empty(bench.Verdicts);
        Assert.Equal(1, bench.Counts(Name).Waiting);
        bench.Lines.End(isWritten);
        Assert.Equal([("1", verdict)], bench.Verdicts);
        Assert.Equal((1, isWritten ? 0 : 1, 0), (bench.Counts(Name).Taken, bench.Dropped(Name, SinkDropCause.Failed), bench.Counts(Name).Waiting));
    }

    [Fact]
    public async Task A_numbered_message_above_the_budget_of_lines_waits_and_others_are_dropped()
    {
        using var bench = new SinkBench(Name);
        bench.Options.Logging.AddressBurst = bench.Options.Logging.AddressLinesPerSecond = 1;
        bench.Reconfigure();
        await bench.SendAsync("1");
        await bench.Sinks.AcceptAsync(bench.Message("unnumbered", isNumbered: false), CancellationToken.None);
        Assert.Equal(1, bench.Dropped(Name, SinkDropCause.Full));

        var second = bench.SendAsync("2");
        Assert.False(second.IsCompleted);
        for (var i = 0; i < 8 && !second.IsCompleted; i++)
        {
            bench.Time.Advance(LogMessageSink.AskInterval);
            await Testing.EngineHarness.SettleAsync();
        }

        await second;
        bench.Lines.End(isWritten: true);
        Assert.Equal([("1", MessageVerdict.Accepted), ("2", MessageVerdict.Accepted)], bench.Verdicts);
        Assert.Equal((3, 2, 1), (bench.Counts(Name).Taken, bench.Counts(Name).Delivered, bench.Counts(Name).Dropped));
        Assert.Equal(2, bench.Metrics.Sum("heartbeatgateway.log_lines_suppressed"));
    }

    [Fact]
    public void Beside_another_sink_messages_without_a_number_do_not_wait_for_the_budget_of_lines()
    {
        using var bench = new SinkBench(Name, "inprocess");
        bench.Options.Logging.AddressBurst = bench.Options.Logging.AddressLinesPerSecond = 1;
        bench.Reconfigure();
        for (var i = 0; i < 20; i++) Assert.True(bench.Sinks.AcceptAsync(bench.Message($"{i}", isNumbered: false), CancellationToken.None).AsTask().IsCompletedSuccessfully);
        Assert.Equal((20, 19), (bench.Counts("inprocess").Taken, bench.Dropped(Name, SinkDropCause.Full)));
    }

    [Fact]
    public async Task A_message_that_waits_for_its_line_is_given_up_with_its_connection()
    {
        using var bench = new SinkBench(Name);
        bench.Options.Logging.AddressBurst = 1;
        bench.Reconfigure();
        await bench.SendAsync("1");
        using var ended = new CancellationTokenSource();
        var second = bench.SendAsync("2", ended.Token);
        await ended.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.Equal(1, bench.Dropped(Name, SinkDropCause.Abandoned));
    }

    [Fact]
    public async Task Without_a_line_that_is_wanted_the_message_is_accepted()
    {
        using var bench = new SinkBench(Name);
        bench.Options.Messages.LogContent = MessageLogContent.None;
        bench.Reconfigure();
        await bench.SendAsync("1");
        Assert.Equal([("1", MessageVerdict.Accepted)], bench.Verdicts);
        Assert.Empty(bench.Logs.GetSnapshot());
        Assert.Equal(1, bench.Counts(Name).Delivered);
    }
}
