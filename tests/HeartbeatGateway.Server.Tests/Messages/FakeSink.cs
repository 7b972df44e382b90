using System.Collections.Concurrent;
using System.Text;
using HeartbeatGateway.Server.Messages;

namespace HeartbeatGateway.Server.Tests.Messages;

/// <summary>A sink that does what a test says.</summary>
internal class FakeSink : IMessageSink
{
    private readonly SemaphoreSlim _arrived = new(0);

    public ConcurrentQueue<string> Received { get; } = new();

    public ConcurrentQueue<MessageReceipt> Receipts { get; } = new();

    /// <summary>Calls complete when it does; null for at once.</summary>
    public TaskCompletionSource? Gate { get; set; }

    public bool Defers { get; set; }

    public Exception? Throws { get; set; }

    /// <summary>Throws after the gate, not in the call itself.</summary>
    public bool ThrowsLater { get; set; }

    /// <summary>Does not follow the cancellation of its call.</summary>
    public bool IgnoresCancellation { get; set; }

    public async Task Reached(int messages)
    {
        while (Received.Count < messages) await _arrived.WaitAsync(TestContext.Current.CancellationToken);
    }

    public virtual ValueTask AcceptAsync(GatewayMessage message, CancellationToken cancellationToken)
    {
        Received.Enqueue(Encoding.UTF8.GetString(message.Content.Span));
        if (Defers) Receipts.Enqueue(message.Defer());
        _arrived.Release();
        if (Throws is { } fault && !ThrowsLater) throw fault;
        return Gate is { } gate ? new ValueTask(WaitAsync(gate, cancellationToken)) : default;
    }

    private async Task WaitAsync(TaskCompletionSource gate, CancellationToken cancellationToken)
    {
        await (IgnoresCancellation ? gate.Task : gate.Task.WaitAsync(cancellationToken));
        if (Throws is { } fault) throw fault;
    }
}

/// <summary>A sink with a name. It takes into its counts what it does not throw on.</summary>
internal sealed class FakeNamedSink : FakeSink, INamedMessageSink
{
    public string Name => "webhook";

    public SinkBooks Books { get; } = new();

    public DateTimeOffset? OldestWaiting { get; set; }

    public bool IsStopped { get; set; }

    public override async ValueTask AcceptAsync(GatewayMessage message, CancellationToken cancellationToken)
    {
        await base.AcceptAsync(message, cancellationToken);
        Books.Take();
        Books.Start();
        Books.Deliver();
    }
}

/// <summary>Log lines that a test writes, or loses.</summary>
internal sealed class FakeLines : ILogLines
{
    private readonly ConcurrentQueue<Action<bool>> _waiting = new();

    public void Follow(Action log, Action<bool> written)
    {
        log();
        _waiting.Enqueue(written);
    }

    public void End(bool isWritten)
    {
        while (_waiting.TryDequeue(out var written)) written(isWritten);
    }
}
