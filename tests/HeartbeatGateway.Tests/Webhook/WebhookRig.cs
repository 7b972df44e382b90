using System.Collections.Concurrent;
using System.Text;
using System.Threading.Channels;
using HeartbeatGateway.Api.Streaming;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Webhook;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace HeartbeatGateway.Tests.Webhook;

/// <summary>The webhook on a fake clock, with a receiver in memory whose answers the test gives.</summary>
internal sealed class WebhookRig : IAsyncDisposable
{
    public const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TestMeterFactory _meters = new();
    private readonly Channel<ReceivedRequest> _requests = Channel.CreateUnbounded<ReceivedRequest>();
    private readonly ILoggerFactory _loggers;
    private readonly EngineHarness _engine = new();
    private long _number;
    private bool _hasEnded;

    public WebhookRig(Action<WebhookOptions>? configure = null)
    {
        Options = new ServiceOptions { Webhook = { Url = "https://receiver.example/hook?token=not-shown", Lanes = 1 } };
        Options.Webhook.Secrets.Add(new WebhookSecretOptions { Secret = Secret });
        configure?.Invoke(Options.Webhook);
        Assert.Empty(WebhookRules.FindFaults(Options.Webhook, isSink: true));
        InForce = new OptionsInForce(Options);
        _loggers = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(new FakeLoggerProvider(Logs)));
        Metrics = new MetricReader(_meters);
        Counters = new WebhookMetrics(_meters);
        Store = new WebhookSettingsStore(InForce, Clock, (_, _) => new Handler(this), _loggers.CreateLogger<WebhookSettingsStore>());
        var ids = new StreamEventId();
        var report = new WebhookReport(Clock, _loggers.CreateLogger<WebhookReport>());
        var batches = new WebhookBatches(ids.Run, report);
        var stop = new WebhookStop(report, Counters);
        var file = Options.Webhook.DeadLetterFile is { } path ? new DeadLetterFile(path, Clock) : null;
        Lanes = new WebhookLanes(Store, new WebhookRequests(Counters, Clock), batches, stop, new WebhookGiveUp(Store, file, Counters, report), report, Clock);
        Sink = new WebhookSink(Store, Lanes, stop, Clock);
        Presence = new WebhookPresence(_engine.Engine, ids, Lanes, Counters, Clock);
        Lanes.Start();
    }

    public TestClock Clock { get; } = new(new DateTimeOffset(2026, 11, 27, 12, 0, 0, TimeSpan.Zero));

    public FakeLogCollector Logs { get; } = FakeLogCollector.Create(new FakeLogCollectorOptions());

    public MetricReader Metrics { get; }

    public WebhookMetrics Counters { get; }

    public ServiceOptions Options { get; }

    public OptionsInForce InForce { get; }

    public WebhookSettingsStore Store { get; }

    public WebhookLanes Lanes { get; }

    public WebhookSink Sink { get; }

    public WebhookPresence Presence { get; }

    /// <summary>The verdicts by the text of their message.</summary>
    public ConcurrentDictionary<string, MessageVerdict> Verdicts { get; } = new(StringComparer.Ordinal);

    /// <summary>The books, which balance at any moment.</summary>
    public SinkCounts Books
    {
        get
        {
            var books = Sink.Books.Read();
            Assert.True(books.IsBalanced, $"{books}");
            return books;
        }
    }

    /// <summary>Answers each request at once, instead of passing it to <see cref="NextAsync"/>.</summary>
    public Func<ReceivedRequest, CancellationToken, Task<HttpResponseMessage>>? Script { get; set; }

    public GatewayMessage Message(string text, string? client = "pump-1", string? instance = "i1")
    {
        var message = new GatewayMessage
        {
            ClientId = client,
            Instance = instance,
            Number = instance is null ? null : Interlocked.Increment(ref _number),
            ConnectionId = new ConnectionId(1, 7),
            RemoteEndPoint = null,
            Type = "order",
            Content = Encoding.UTF8.GetBytes(text),
            ReceivedAt = Clock.GetUtcNow(),
            Settled = verdict => Assert.True(Verdicts.TryAdd(text, verdict), $"'{text}' was settled twice."),
        };
        return message;
    }

    /// <summary>Hands a message to the sink, which has room.</summary>
    public void Send(string text, string? client = "pump-1")
    {
        var accepted = Sink.AcceptAsync(Message(text, client), CancellationToken.None);
        Assert.True(accepted.IsCompletedSuccessfully, "The sink has no room.");
    }

    /// <summary>The next request. The clock stands still.</summary>
    public async Task<ReceivedRequest> NextAsync() => await _requests.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TimeProvider.System);

    /// <summary>Advances the clock in steps until the next request comes.</summary>
    public Task<ReceivedRequest> NextLaterAsync(TimeSpan? step = null) => LaterAsync(NextAsync(), step);

    /// <summary>Advances the clock in steps until something has happened.</summary>
    public async Task<T> LaterAsync<T>(Task<T> happened, TimeSpan? step = null)
    {
        while (!happened.IsCompleted)
        {
            await Task.WhenAny(happened, Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System));
            if (!happened.IsCompleted) Clock.Advance(step ?? TimeSpan.FromMilliseconds(100));
        }

        return await happened;
    }

    /// <summary>Waits until something is true. The clock advances in steps when the test wants it to.</summary>
    public async Task UntilAsync(Func<bool> isTrue, TimeSpan? step = null)
    {
        using var timeout = new CancellationTokenSource(Patience, TimeProvider.System);
        while (!isTrue())
        {
            Assert.False(timeout.IsCancellationRequested, $"It did not become true. {Books}");
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, TestContext.Current.CancellationToken);
            if (step is { } s) Clock.Advance(s);
        }
    }

    public bool HasLogged(string eventName) => Logs.GetSnapshot().Any(r => r.Id.Name == eventName);

    /// <summary>Ends the lanes as a stop of the process does.</summary>
    public async Task EndAsync()
    {
        _hasEnded = true;
        var ending = Lanes.EndAsync(WebhookLifetime.Bound, CancellationToken.None);
        await UntilAsync(() => ending.IsCompleted, TimeSpan.FromMilliseconds(100));
        await ending;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_hasEnded) await EndAsync();
        var books = Books;
        Assert.Equal((0, 0), (books.Waiting, books.InFlight));
        Assert.Null(Sink.OldestWaiting);
        Assert.All(Logs.GetSnapshot(), r => Assert.DoesNotContain("not-shown", r.Message, StringComparison.Ordinal));
        Lanes.Dispose();
        Store.Dispose();
        Metrics.Dispose();
        _meters.Dispose();
        _loggers.Dispose();
        _engine.Dispose();
    }

    private sealed class Handler(WebhookRig rig) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Assert.Equal("application/cloudevents-batch+json", $"{request.Content!.Headers.ContentType}");
            var received = new ReceivedRequest(name => request.Headers.TryGetValues(name, out var values) ? values.Single() : null, await request.Content.ReadAsByteArrayAsync(cancellationToken));
            if (rig.Script is { } script) return await script(received, cancellationToken);
            rig._requests.Writer.TryWrite(received);
            return await received.Answered.WaitAsync(cancellationToken);
        }
    }
}
