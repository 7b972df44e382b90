using HeartbeatGateway.Epoll;
using HeartbeatGateway.Server.Messages;

namespace HeartbeatGateway.Tests.Transport.Loops;

/// <summary>A sink with the fault that the watch over loops is for: it blocks the thread that calls it, if that is a loop's.</summary>
internal sealed class BlockingSink : IMessageSink, IDisposable
{
    private readonly TaskCompletionSource _blocks = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _isReleased = new();

    /// <summary>Completes when a call blocks a loop.</summary>
    public Task Blocks => _blocks.Task;

    public ValueTask AcceptAsync(GatewayMessage message, CancellationToken cancellationToken)
    {
        // A read that began on the thread pool may end there.
        if (EpollLoop.Current is null) return ValueTask.CompletedTask;
        _blocks.TrySetResult();
        _isReleased.Wait(CancellationToken.None);
        return ValueTask.CompletedTask;
    }

    /// <summary>All calls return, now and later.</summary>
    public void Release() => _isReleased.Set();

    public void Dispose() => Release();
}
