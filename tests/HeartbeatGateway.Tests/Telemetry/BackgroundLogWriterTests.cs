using System.Text;
using HeartbeatGateway.Telemetry;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Compact;
using Serilog.Parsing;

namespace HeartbeatGateway.Tests.Telemetry;

public sealed class BackgroundLogWriterTests
{
    [Fact]
    public void Dispose_writes_all_waiting_lines_in_order()
    {
        using var output = new MemoryStream();
        using (var writer = new BackgroundLogWriter(new RenderedCompactJsonFormatter(), output))
        {
            for (var i = 0; i < 1000; i++) writer.Emit(Line($"line {i}"));
        }

        var lines = Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(1000, lines.Length);
        Assert.Contains("line 0", lines[0], StringComparison.Ordinal);
        Assert.Contains("line 999", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Callers_do_not_wait_for_a_blocked_output_and_dropped_lines_are_counted()
    {
        using var output = new StuckStream();
        var writer = new BackgroundLogWriter(new RenderedCompactJsonFormatter(), output);
        for (var i = 0; i < 20_000; i++) writer.Emit(Line("x"));

        // 8,192 lines wait, and the writer holds those that it had formatted when its output stopped.
        Assert.InRange(writer.Dropped, 20_000 - 8192 - 1000, 20_000 - 8192);
        output.Release();
        writer.Dispose();
    }

    [Fact]
    public void Lines_after_dispose_are_counted_as_dropped()
    {
        using var output = new MemoryStream();
        var writer = new BackgroundLogWriter(new RenderedCompactJsonFormatter(), output);
        writer.Dispose();
        writer.Emit(Line("too late"));
        Assert.Equal(1, writer.Dropped);
    }

    [Fact]
    public async Task A_followed_line_is_told_as_written_when_the_output_has_it()
    {
        using var output = new StuckStream();
        var writer = new BackgroundLogWriter(new RenderedCompactJsonFormatter(), output);
        var told = new TaskCompletionSource<bool>();
        Assert.True(BackgroundLogWriter.TryFollow(() => writer.Emit(Line("followed")), told.SetResult));
        writer.Emit(Line("not followed"));
        Assert.False(told.Task.IsCompleted);
        output.Release();
        Assert.True(await told.Task);
        writer.Dispose();
    }

    [Fact]
    public async Task A_followed_line_is_told_as_lost_when_it_is_dropped_or_cannot_be_formatted()
    {
        using var output = new MemoryStream();
        var writer = new BackgroundLogWriter(new BrokenFormatter(), output);
        var told = new TaskCompletionSource<bool>();
        Assert.True(BackgroundLogWriter.TryFollow(() => writer.Emit(Line("broken")), told.SetResult));
        Assert.False(await told.Task);
        writer.Dispose();
        var late = new TaskCompletionSource<bool>();
        Assert.True(BackgroundLogWriter.TryFollow(() => writer.Emit(Line("late")), late.SetResult));
        Assert.False(await late.Task);
        Assert.False(BackgroundLogWriter.TryFollow(() => { }, _ => Assert.Fail("No line came.")));
    }

    [Fact]
    public async Task A_followed_line_is_told_as_lost_when_the_output_fails()
    {
        using var output = new BrokenStream();
        var writer = new BackgroundLogWriter(new RenderedCompactJsonFormatter(), output);
        var told = new TaskCompletionSource<bool>();
        Assert.True(BackgroundLogWriter.TryFollow(() => writer.Emit(Line("x")), told.SetResult));
        Assert.False(await told.Task);
        writer.Dispose();
        Assert.Equal(1, writer.Dropped);
    }

    [Fact]
    public void A_line_that_cannot_be_formatted_is_dropped_whole_and_others_are_unchanged()
    {
        using var output = new MemoryStream();
        var writer = new BackgroundLogWriter(new BrokenFormatter(), output);
        foreach (var text in new[] { "first", "broken", "last" }) writer.Emit(Line(text));
        writer.Dispose();
        Assert.Equal("first\nlast\n", Encoding.UTF8.GetString(output.ToArray()));
        Assert.Equal(1, writer.Dropped);
    }

    [Fact]
    public void Every_line_that_the_output_rejects_is_counted_and_the_thread_continues()
    {
        using var output = new BrokenStream();
        var writer = new BackgroundLogWriter(new RenderedCompactJsonFormatter(), output);
        for (var i = 0; i < 1000; i++) writer.Emit(Line("x"));
        Assert.True(SpinWait.SpinUntil(() => writer.Dropped == 1000, TimeSpan.FromSeconds(20)), $"{writer.Dropped} of 1000 lines were counted.");
        output.IsRepaired = true;
        writer.Emit(Line("after that"));
        writer.Dispose();
        Assert.Contains("after that", Encoding.UTF8.GetString(output.ToArray()), StringComparison.Ordinal);
        Assert.Equal(1000, writer.Dropped);
    }

    private static LogEvent Line(string text) =>
        new(DateTimeOffset.UnixEpoch, LogEventLevel.Information, null, new MessageTemplateParser().Parse(text), []);

    /// <summary>A pipe whose reader does not read.</summary>
    private sealed class StuckStream : MemoryStream
    {
        private readonly ManualResetEventSlim _released = new();

        public void Release() => _released.Set();

        public override void Write(byte[] buffer, int offset, int count) => _released.Wait();

        public override void Write(ReadOnlySpan<byte> buffer) => _released.Wait();

        public override void Flush() => _released.Wait();
    }

    /// <summary>Throws an unexpected exception half way through a line.</summary>
    private sealed class BrokenFormatter : ITextFormatter
    {
        public void Format(LogEvent logEvent, TextWriter output)
        {
            output.Write(logEvent.MessageTemplate.Text);
            if (logEvent.MessageTemplate.Text == "broken") throw new KeyNotFoundException("This formatter is broken.");
            output.Write('\n');
        }
    }

    /// <summary>A pipe whose reader has closed it.</summary>
    private sealed class BrokenStream : MemoryStream
    {
        public volatile bool IsRepaired;

        public override void Write(ReadOnlySpan<byte> buffer) => Write(buffer.ToArray(), 0, buffer.Length);

        public override void Write(byte[] buffer, int offset, int count)
        {
            if (!IsRepaired) throw new IOException("The pipe is broken.");
            base.Write(buffer, offset, count);
        }
    }
}
