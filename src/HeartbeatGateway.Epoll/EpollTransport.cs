using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Epoll;

/// <summary>Makes connections of accepted sockets (Linux). A loop for each core serves them.</summary>
public sealed class EpollTransport : IDisposable
{
    private readonly EpollLoop[] _loops;
    private readonly LoopWatch _watch;

    /// <param name="isInline">True if programs go on on the thread of the event loop, on which they must not block; false for the thread pool.</param>
    /// <param name="logger">Logs what fails, and which loops are blocked.</param>
    /// <param name="timeProvider">The clock of the watch over the loops; null for the system's.</param>
    /// <exception cref="PlatformNotSupportedException">This system is not Linux.</exception>
    public EpollTransport(bool isInline, ILogger logger, TimeProvider? timeProvider = null)
        : this(isInline, logger, timeProvider ?? TimeProvider.System, Environment.ProcessorCount)
    {
    }

    internal EpollTransport(bool isInline, ILogger logger, TimeProvider timeProvider, int loops)
    {
        if (!OperatingSystem.IsLinux()) throw new PlatformNotSupportedException("The transport on epoll needs Linux.");
        _loops = [.. Enumerable.Range(0, loops).Select(i => new EpollLoop(i, isInline, logger))];
        _watch = new LoopWatch(_loops, timeProvider, logger);
    }

    /// <summary>What each loop does at this moment, in the order of their numbers.</summary>
    public IReadOnlyList<EpollLoopState> ReadLoopStates() => _watch.ReadStates();

    /// <summary>Asks every loop for an answer. A loop answers when the programs that it runs at the moment have returned.</summary>
    /// <param name="cancellationToken">Ends the wait. <see cref="ReadLoopStates"/> then tells which loops have not answered.</param>
    /// <returns>Completes when all loops have answered, or have ended.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled before the last answer.</exception>
    public Task PingAsync(CancellationToken cancellationToken = default) =>
        Task.WhenAll(_loops.Select(static loop => loop.PingAsync())).WaitAsync(cancellationToken);

    /// <summary>Makes a connection.</summary>
    /// <param name="accepted">What was accepted. Its descriptor becomes the connection's.</param>
    public ConnectionContext Connect(AcceptedSocket accepted) => new EpollConnection(ChooseLoop(), accepted.Descriptor, accepted.RemoteEndPoint);

    /// <summary>Ends the loops, and aborts the connections that are left.</summary>
    public void Dispose()
    {
        _watch.Dispose();
        foreach (var loop in _loops) loop.Dispose();
        foreach (var connection in _loops.SelectMany(static loop => loop.Connections.List())) connection.Abort(new ConnectionAbortedException("The transport has ended."));
    }

    /// <summary>
    /// The loop with the fewest connections. A blocked one only when all are: its clients time out, so it soon has the fewest, and would get all new ones.
    /// </summary>
    private EpollLoop ChooseLoop()
    {
        var best = _loops[0];
        foreach (var other in _loops)
        {
            if (best.IsBlocked == other.IsBlocked ? other.ConnectionCount < best.ConnectionCount : best.IsBlocked) best = other;
        }

        return best;
    }
}
