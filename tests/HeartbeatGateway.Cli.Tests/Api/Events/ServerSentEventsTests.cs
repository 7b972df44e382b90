using System.IO.Pipelines;
using System.Text;
using HeartbeatGateway.Cli.Api.Events;

namespace HeartbeatGateway.Cli.Tests.Api.Events;

public sealed class ServerSentEventsTests
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    private readonly TestClock _time = new();

    [Theory]
    [InlineData("event: a\nid: 1\ndata: x\n\n", "a|1|x")]
    [InlineData("data:x\r\ndata:  y\r\n\r\n", "message||x\n y")]
    [InlineData("data\n\n", "message||")]
    [InlineData("event: a\n\ndata: x\n\n", "message||x")]
    [InlineData("retry: 5\nother\ndata: x\n\n", "message||x")]
    [InlineData(": hello\n", "||hello")]
    [InlineData("data: x\n", null)]
    [InlineData("", null)]
    public async Task Reads_events_and_comments_in_all_splits(string text, string? expected)
    {
        for (var size = 1; size <= Math.Max(1, text.Length); size++)
        {
            var e = await new ServerSentEvents(new Chunks(Encoding.UTF8.GetBytes(text), size), Silence, _time).NextAsync(TestContext.Current.CancellationToken);
            Assert.Equal(expected, e is null ? null : $"{e.Name}|{e.Id}|{e.Data}");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(300)]
    public async Task An_endless_event_ends_the_stream(int lines)
    {
        var text = string.Concat(Enumerable.Repeat($"data: {new string('x', (300 * 1024 / lines) + 1)}\n", lines));
        await Assert.ThrowsAsync<IOException>(() => new ServerSentEvents(new MemoryStream(Encoding.UTF8.GetBytes(text)), Silence, _time).NextAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_silent_connection_is_dead()
    {
        var pipe = new Pipe();
        var reader = new ServerSentEvents(pipe.Reader.AsStream(), Silence, _time);
        var next = reader.NextAsync(TestContext.Current.CancellationToken);
        _time.Advance(Silence - TimeSpan.FromTicks(1));
        Assert.False(next.IsCompleted);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Contains("30 s", (await Assert.ThrowsAsync<IOException>(() => next)).Message, StringComparison.Ordinal);
    }

    private sealed class Chunks(byte[] bytes, int size) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => base.ReadAsync(buffer[..Math.Min(size, buffer.Length)], cancellationToken);
    }
}
