using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace HeartbeatGateway.Server.Tests.Messages;

/// <summary>The sinks of some settings, with a sink of the program's own and a fake webhook, without connections.</summary>
internal sealed class SinkBench : IDisposable
{
    private readonly TestMeterFactory _meters = new();
    private readonly ILoggerFactory _loggers;

    /// <param name="sinks">As <c>inprocess</c> or, for one that is not required, <c>webhook?</c>.</param>
    public SinkBench(params string[] sinks)
    {
        Options.Tokens.Keys.Add(new TokenKeyOptions { Id = TestSecrets.KeyId, Secret = TestSecrets.Secret });
        foreach (var sink in sinks) Options.Messages.Sinks.Add(new SinkOptions { Kind = sink.TrimEnd('?'), Required = !sink.EndsWith('?') });
        _loggers = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(new FakeLoggerProvider(Logs)));
        Metrics = new MetricReader(_meters);
        Context = new EngineContext(Options, Time, _meters, _loggers);
        Sinks = new MessageSinks(Context, Options.Messages.Sinks, new SinkSources(true, () => Own, () => [Webhook], Lines));
        SinkMetrics.Create(Context, Sinks);
    }

    public SteppedTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 22, 10, 0, 0, TimeSpan.Zero));

    public GatewayOptions Options { get; } = new();

    public FakeLogCollector Logs { get; } = FakeLogCollector.Create(new FakeLogCollectorOptions());

    public MetricReader Metrics { get; }

    public EngineContext Context { get; }

    public MessageSinks Sinks { get; }

    public FakeSink Own { get; } = new();

    public FakeNamedSink Webhook { get; } = new();

    public FakeLines Lines { get; } = new();

    /// <summary>The verdicts that clients would be sent, by content.</summary>
    public List<(string Content, MessageVerdict Verdict)> Verdicts { get; } = [];

    /// <summary>Puts the changed options in force.</summary>
    public void Reconfigure() => Context.Replace(EngineSettings.Create(Options, Time, Context.Metrics, Context.Settings));

    /// <summary>Hands a numbered message to all sinks, as the message handler does.</summary>
    public async Task SendAsync(string content, CancellationToken cancellationToken = default)
    {
        var message = Message(content);
        try
        {
            await Sinks.AcceptAsync(message, cancellationToken);
            if (!message.IsDeferred) message.Settled!(MessageVerdict.Accepted);
        }
        catch (Exception)
        {
            if (!message.IsDeferred) message.Settled!(MessageVerdict.Dropped);
            throw;
        }
    }

    public GatewayMessage Message(string content, bool isNumbered = true) => new()
    {
        ClientId = "pump-17",
        ConnectionId = new ConnectionId(1, 1),
        RemoteEndPoint = new System.Net.IPEndPoint(EngineHarness.DefaultAddress, 50_000),
        Type = "message",
        Content = System.Text.Encoding.UTF8.GetBytes(content),
        Number = isNumbered ? 1 : null,
        Settled = isNumbered ? verdict => { lock (Verdicts) Verdicts.Add((content, verdict)); }
        : null,
    };

    /// <summary>The counts of a sink, which balance at any moment.</summary>
    public SinkCounts Counts(string name)
    {
        var counts = Sinks.All.Single(s => s.Name == name).Read();
        Assert.True(counts.IsBalanced, $"{counts}");
        Assert.True(counts is { Waiting: >= 0, InFlight: >= 0 }, $"{counts}");
        return counts;
    }

    public long Dropped(string name, SinkDropCause cause) => Counts(name).DroppedByCause[(int)cause];

    public void Dispose()
    {
        Sinks.Dispose();
        Context.Dispose();
        Metrics.Dispose();
        _loggers.Dispose();
        _meters.Dispose();
    }
}
