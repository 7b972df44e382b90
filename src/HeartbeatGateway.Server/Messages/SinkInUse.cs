using System.Collections.Immutable;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Telemetry;

namespace HeartbeatGateway.Server.Messages;

/// <summary>
/// One sink that the settings choose. Adds what the sink itself cannot count: messages on which it failed before it took them, and, when it is not required, those
/// of its lane.
/// </summary>
internal sealed class SinkInUse : IDisposable
{
    private static readonly SinkCounts None = new SinkBooks().Read();

    private readonly EngineContext _context;
    private readonly Lazy<INamedMessageSink> _sink;
    private readonly SinkLane? _lane;
    private readonly SinkBooks _failures = new();

    /// <param name="context">Clock and logger.</param>
    /// <param name="name">The sink's name.</param>
    /// <param name="isRequired">Senders wait for it, and its verdict counts.</param>
    /// <param name="find">Finds the sink, at its first use: it may need the gateway.</param>
    public SinkInUse(EngineContext context, string name, bool isRequired, Func<INamedMessageSink> find)
    {
        (_context, Name, _sink) = (context, name, new Lazy<INamedMessageSink>(find));
        if (!isRequired) _lane = new SinkLane(DeliverAsync, context.TimeProvider);
    }

    public string Name { get; }

    public bool IsRequired => _lane is null;

    public bool IsStopped => _sink is { IsValueCreated: true, Value.IsStopped: true };

    /// <summary>When the oldest message that waits was taken; null when none waits.</summary>
    public DateTimeOffset? OldestWaiting
    {
        get
        {
            var inSink = _sink.IsValueCreated ? _sink.Value.OldestWaiting : null;
            return inSink is { } oldest && (_lane?.OldestWaiting is not { } inLane || oldest < inLane) ? oldest : _lane?.OldestWaiting;
        }
    }

    /// <summary>Finds the sink now.</summary>
    public void Find()
    {
        if (_sink.Value is InProcessMessageSink inProcess) inProcess.Make();
    }

    /// <summary>Hands a message to the sink, for a required one.</summary>
    public ValueTask AcceptAsync(GatewayMessage message, CancellationToken cancellationToken)
    {
        ValueTask call;
        try
        {
            call = _sink.Value.AcceptAsync(message, cancellationToken);
        }
        catch (Exception)
        {
            CountFailure();
            throw;
        }

        return call.IsCompletedSuccessfully || CountsFailures ? call : new ValueTask(WatchAsync(call, cancellationToken));
    }

    /// <summary>Takes a message for a sink that is not required. Never waits.</summary>
    public void Offer(GatewayMessage message) => _lane!.Offer(message);

    /// <summary>The counts of the sink and of what is before it. They balance, and those that only rise never fall.</summary>
    public SinkCounts Read()
    {
        // The sink first: what it has taken by then, its lane has handed on before.
        var sink = _sink.IsValueCreated ? _sink.Value.Books.Read() : None;
        var before = (_lane?.Books ?? _failures).Read();
        ImmutableArray<long> dropped = [.. sink.DroppedByCause.Zip(before.DroppedByCause, static (a, b) => a + b)];
        var waiting = sink.Waiting + before.Waiting;
        if (IsRequired) return new SinkCounts(sink.Taken + before.Taken, sink.Delivered, sink.Rejected, dropped, waiting, sink.InFlight + before.InFlight);
        // A message is in a lane's count until it is dropped there, so that it is counted once while it changes over. What is between the two is in flight.
        return new SinkCounts(before.Taken, sink.Delivered, sink.Rejected, dropped, waiting, before.Taken - sink.Delivered - sink.Rejected - dropped.Sum() - waiting);
    }

    /// <summary>Ends what the engine has of the sink: no connection is left. Another process' receiver may still get what the sink itself has taken.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_lane is not null) await _lane.StopAsync(cancellationToken);
        if (_sink is { IsValueCreated: true, Value: InProcessMessageSink inProcess }) inProcess.End();
    }

    public void Dispose() => _lane?.Dispose();

    /// <summary>This sink counts a message before the program's code sees it, and so its failures; others have not taken a message on which they throw.</summary>
    private bool CountsFailures => _sink is { IsValueCreated: true, Value: InProcessMessageSink };

    private async Task WatchAsync(ValueTask call, CancellationToken cancellationToken)
    {
        try
        {
            await call;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            CountFailure();
            throw;
        }
    }

    private void CountFailure()
    {
        if (CountsFailures) return;
        _failures.Take();
        _failures.Decide(MessageVerdict.Dropped, SinkDropCause.Failed);
    }

    /// <summary>For the lane: a failure of this sink concerns nothing else.</summary>
    private async ValueTask DeliverAsync(GatewayMessage message, CancellationToken cancellationToken)
    {
        try
        {
            await _sink.Value.AcceptAsync(message, cancellationToken);
        }
        catch (Exception e)
        {
            if (!cancellationToken.IsCancellationRequested && _context.MayLog(LogLevel.Error, LineKind.Failure, AddressKey.From(message.RemoteEndPoint)))
            {
                _context.Logger.OptionalSinkFailed(e, Name, message.ConnectionId);
            }

            // The lane counts what the sink has not.
            if (!CountsFailures) throw;
        }
    }
}
