using System.IO.Pipelines;
using System.Text;
using HeartbeatGateway.Api.Access;
using HeartbeatGateway.Api.Streaming;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace HeartbeatGateway.Tests.Api.Streaming;

/// <summary>One reader of server-sent events, on a fake clock and a pipe that may not be read.</summary>
public sealed class ServerSentReaderTests
{
    private static readonly AdminKey Key = new("reader", "read-key-0123456789", ApiScope.Read, null);

    private readonly TestClock _time = new();
    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 8, resumeWriterThreshold: 4, useSynchronizationContext: false));
    private readonly ApiKeyRing _keys;
    private readonly DefaultHttpContext _context = new();

    public ServerSentReaderTests()
    {
        _keys = new ApiKeyRing(_time, new ServiceOptions { Admin = new AdminOptions { Parsed = [Key] } });
        _context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(_pipe.Writer.AsStream()));
        _context.Features.Set<IHttpRequestLifetimeFeature>(new Lifetime());
        _context.Items[typeof(ApiCaller)] = new ApiCaller("reader", ApiScope.Read, _keys.Keys[0]);
    }

    [Fact]
    public async Task A_reader_that_takes_nothing_for_ten_seconds_is_ended_and_its_place_is_free()
    {
        var readers = new ServerSentReaders(_keys, _time);
        var running = readers.TryRunAsync(_context, reader => reader.WriteAsync("more than the reader takes"));
        _time.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1));
        Assert.False(running.IsCompleted);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.True(await running.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken));
        Assert.True(_context.RequestAborted.IsCancellationRequested);
    }

    [Fact]
    public async Task A_withdrawn_key_is_noticed_within_a_quarter_of_a_second()
    {
        using var ending = new CancellationTokenSource();
        using var reader = new ServerSentReader(_context, _keys, _time, ending);
        var never = new TaskCompletionSource();
        var waiting = reader.WaitAsync(never.Task);
        _keys.Configure(new AdminOptions { Parsed = [Key with { Id = "other" }] });
        _time.Advance(TimeSpan.FromMilliseconds(249));
        Assert.False(waiting.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(await waiting.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_comment_is_sent_after_ten_seconds_without_an_event()
    {
        using var ending = new CancellationTokenSource();
        using var reader = new ServerSentReader(_context, _keys, _time, ending);
        var never = new TaskCompletionSource();
        for (var i = 0; i < 40; i++)
        {
            var waiting = reader.WaitAsync(never.Task);
            _time.Advance(TimeSpan.FromMilliseconds(250));
            Assert.True(await waiting.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken));
            Assert.Equal(i == 39, _pipe.Reader.TryRead(out var read));
            if (i == 39) Assert.Equal(":\n\n", Encoding.ASCII.GetString(read.Buffer.FirstSpan));
        }
    }

    private sealed class Lifetime : IHttpRequestLifetimeFeature
    {
        private readonly CancellationTokenSource _aborted = new();

        public CancellationToken RequestAborted
        {
            get => _aborted.Token;
            set => throw new NotSupportedException();
        }

        public void Abort() => _aborted.Cancel();
    }
}
