using System.Collections.Immutable;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Server.Telemetry;

namespace HeartbeatGateway.Server.Messages;

/// <summary>
/// All sinks in use, as one. A single required sink gets the message itself; of several, each gets its own copy, so that each may defer it. The sender goes on when
/// all required sinks let it.
/// </summary>
internal sealed class MessageSinks : IMessageSink, IDisposable
{
    private readonly EngineContext _context;
    private readonly ImmutableArray<SinkInUse> _required;
    private readonly ImmutableArray<SinkInUse> _optional;
    private readonly bool _hasUnused;

    /// <param name="context">Clock, settings and logger.</param>
    /// <param name="options">The sinks that are chosen; none for the default.</param>
    /// <param name="sources">Where they are found.</param>
    /// <exception cref="GatewayOptionsException">The program has no sink of its own, and the options choose one.</exception>
    public MessageSinks(EngineContext context, IList<SinkOptions> options, SinkSources sources)
    {
        _context = context;
        List<SinkOptions> chosen = options.Count > 0 ? [.. options] : [new SinkOptions { Kind = sources.HasInProcess ? SinkKinds.InProcess : SinkKinds.Log }];
        var all = chosen.ConvertAll(option => Create(option, chosen.IndexOf(option), sources));
        All = [.. all];
        _required = [.. all.Where(s => s.IsRequired)];
        _optional = [.. all.Where(s => !s.IsRequired)];
        _hasUnused = sources.HasInProcess && all.TrueForAll(s => s.Name != SinkKinds.InProcess);
    }

    /// <summary>The sinks, in the order of the settings.</summary>
    public ImmutableArray<SinkInUse> All { get; }

    /// <summary>Finds all sinks, so that faults are found before the first message.</summary>
    /// <exception cref="GatewayOptionsException">A sink is chosen that the program does not have.</exception>
    public void Start()
    {
        foreach (var sink in All) sink.Find();
        if (_hasUnused) _context.Logger.InProcessSinkUnused(string.Join(", ", All.Select(s => s.Name)));
    }

    public ValueTask AcceptAsync(GatewayMessage message, CancellationToken cancellationToken)
    {
        foreach (var sink in _optional) sink.Offer(message.CopyFor(settled: null));
        return _required.Length == 1 ? _required[0].AcceptAsync(message, cancellationToken) : AcceptByAll(message, cancellationToken);
    }

    /// <summary>No connection is left: what waits in the engine's own sinks and lanes is handed on for a short time, then given up.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => Task.WhenAll(All.Select(sink => sink.StopAsync(cancellationToken)));

    public void Dispose()
    {
        foreach (var sink in All) sink.Dispose();
    }

    private SinkInUse Create(SinkOptions option, int index, SinkSources sources)
    {
        var name = option.Kind.ToLowerInvariant();
        var key = $"{GatewayOptions.SectionName}:Messages:Sinks:{index}:Kind";
        if (name == SinkKinds.Log)
        {
            var log = new LogMessageSink(_context, sources.Lines);
            return new SinkInUse(_context, name, option.Required, () => log);
        }

        if (name == SinkKinds.InProcess)
        {
            if (!sources.HasInProcess) throw new GatewayOptionsException([$"{key} is {name}, but this program has registered no sink of its own. Register one with AddMessageSink, or choose another kind."]);
            var inProcess = new InProcessMessageSink(name, () => sources.InProcess()!, _context.TimeProvider);
            return new SinkInUse(_context, name, option.Required, () => inProcess);
        }

        return new SinkInUse(_context, name, option.Required, () => sources.Named().FirstOrDefault(s => s.Name == name)
            ?? throw new GatewayOptionsException([$"{key} is {name}, but this program has no sink of that name. Choose another kind."]));
    }

    private ValueTask AcceptByAll(GatewayMessage message, CancellationToken cancellationToken)
    {
        var tally = new SinkTally(_required.Length, message.Settled is null ? null : message.Defer());
        List<Task>? waiting = null;
        SinkFailure? failure = null;
        foreach (var sink in _required)
        {
            // A sink may treat a message differently whose client waits for no acknowledgement.
            var copy = message.CopyFor(message.Settled is null ? null : tally.Settle);
            try
            {
                var call = sink.AcceptAsync(copy, cancellationToken);
                if (!call.IsCompletedSuccessfully)
                {
                    (waiting ??= []).Add(WaitAsync(sink, copy, call, tally));
                    continue;
                }

                CompletedCall.Release(call);
                if (!copy.IsDeferred) tally.Settle(MessageVerdict.Accepted);
            }
            catch (Exception e)
            {
                Failed(copy, tally);
                failure ??= new SinkFailure(sink.Name, e);
            }
        }

        if (waiting is not null) return new ValueTask(AllAsync(waiting, failure));
        return failure is null ? default : ValueTask.FromException(failure);
    }

    private static async Task AllAsync(List<Task> waiting, SinkFailure? failure)
    {
        await Task.WhenAll(waiting);
        if (failure is not null) throw failure;
    }

    private static async Task WaitAsync(SinkInUse sink, GatewayMessage copy, ValueTask call, SinkTally tally)
    {
        try
        {
            await call;
            if (!copy.IsDeferred) tally.Settle(MessageVerdict.Accepted);
        }
        catch (Exception e)
        {
            Failed(copy, tally);
            if (e is OperationCanceledException) throw;
            throw new SinkFailure(sink.Name, e);
        }
    }

    /// <summary>A deferred copy is settled by its receipt, once, whatever its sink does later.</summary>
    private static void Failed(GatewayMessage copy, SinkTally tally)
    {
        if (copy.Receipt is { } receipt) receipt.Settle(MessageVerdict.Dropped);
        else tally.Settle(MessageVerdict.Dropped);
    }
}
