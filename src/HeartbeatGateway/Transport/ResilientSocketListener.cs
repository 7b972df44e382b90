using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using HeartbeatGateway.Shared.Logging;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Transport;

/// <summary>
/// Accepts connections. After a failure it waits before the next attempt, and logs at most one line per second. A failure never ends the accept loop,
/// and the loop never spins, as Kestrel's own listener does when file descriptors run out.
/// </summary>
/// <remarks>
/// Accepting has its own thread. The thread that receives socket events also serves a share of all clients. In the thread pool's queue the next
/// accept would wait behind all connections accepted before it. In a reconnect storm the system's accept queue, which is short, would overflow.
/// </remarks>
internal class ResilientSocketListener : IConnectionListener
{
    /// <summary>Enough for a reconnect storm of a whole fleet, as far as file descriptors allow.</summary>
    private const int MaxWaiting = 16 * 1024;

    /// <summary>After this many connections without a pause the thread yields to other work.</summary>
    private const int ConnectionsInARow = 64;

    /// <summary>
    /// The wait between two attempts while accepting fails. Short enough to accept again within a second, long enough not to spin.
    /// </summary>
    private static readonly TimeSpan Backoff = TimeSpan.FromMilliseconds(100);

    private readonly Socket _socket;
    private readonly IAcceptor _acceptor;
    private readonly EmergencyDescriptors _reserve;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly LogThrottle _throttle;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _places;
    private readonly Channel<Accepted> _accepted = Channel.CreateUnbounded<Accepted>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private int _inARow;
    private volatile bool _isOutOfDescriptors;

    /// <param name="socket">A listening socket. The listener takes ownership of it.</param>
    /// <param name="acceptor">Accepts, and makes connections of what was accepted.</param>
    /// <param name="reserve">Must be held before a connection is accepted.</param>
    /// <param name="timeProvider">Measures the time between attempts and between log lines.</param>
    /// <param name="logger">Logs failures.</param>
    /// <param name="maxWaiting">
    /// The most accepted sockets that may wait to become connections. Each holds a file descriptor and some hundred bytes. Further ones wait in the
    /// system's queue.
    /// </param>
    public ResilientSocketListener(Socket socket, IAcceptor acceptor, EmergencyDescriptors reserve, TimeProvider timeProvider, ILogger logger, int maxWaiting = MaxWaiting)
    {
        (_socket, _acceptor, _reserve, _timeProvider, _logger) = (socket, acceptor, reserve, timeProvider, logger);
        _throttle = new LogThrottle(timeProvider, burst: 1, perSecond: 1);
        _places = new SemaphoreSlim(maxWaiting);
        EndPoint = socket.LocalEndPoint!;
        // Started now and not with the first connection: a thread takes file descriptors too.
        new Thread(AcceptAll) { IsBackground = true, Name = "accept" }.Start();
    }

    public EndPoint EndPoint { get; }

    /// <summary>True after <see cref="Stop"/>: the listener accepts no more connections.</summary>
    public bool IsStopped => _stopping.IsCancellationRequested;

    /// <summary>The last attempt to accept failed because the process, or the system, has no free file descriptor.</summary>
    public bool IsOutOfDescriptors => _isOutOfDescriptors;

    /// <summary>The next connection; null after <see cref="Stop"/>.</summary>
    /// <param name="cancellationToken">Ignored: the server stops a listener with <see cref="UnbindAsync"/>.</param>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        if (++_inARow % ConnectionsInARow == 0) await Task.Yield();
        while (await _accepted.Reader.WaitToReadAsync(CancellationToken.None))
        {
            if (!_accepted.Reader.TryRead(out var accepted)) continue;
            _places.Release();
            try
            {
                if (!IsStopped) return Connect(accepted);
                Discard(accepted);
            }
            catch (Exception e)
            {
                // Any exception closes this connection and no other.
                Discard(accepted);
                LogFailure(e.Message);
            }
        }

        return null;
    }

    /// <summary>Closes the listening socket and the sockets that wait to become connections. Open connections continue.</summary>
    public void Stop()
    {
        _stopping.Cancel();
        _socket.Dispose();
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        Stop();
        return default;
    }

    public ValueTask DisposeAsync()
    {
        Stop();
        return default;
    }

    /// <summary>Decides, right after a socket was accepted, whether to keep it. When this method throws, the caller closes the socket.</summary>
    /// <returns>False when the socket was rejected and closed.</returns>
    protected virtual bool ShouldAccept(in Accepted accepted) => true;

    /// <summary>Creates a connection from a kept socket. When this method throws, the socket is discarded.</summary>
    protected virtual ConnectionContext Connect(in Accepted accepted) => _acceptor.Connect(accepted);

    /// <summary>Closes a kept socket that does not become a connection.</summary>
    protected virtual void Discard(in Accepted accepted) => accepted.Close();

    /// <summary>Logs why a connection was not accepted, at most once a second.</summary>
    protected void LogFailure(string why)
    {
        if (_throttle.Allows()) _logger.AcceptFailed($"{EndPoint}", why);
    }

    private void AcceptAll()
    {
        var failed = false;
        while (!IsStopped)
        {
            try
            {
                if (failed) WaitBackoff();
                failed = true;
                Accept();
                failed = false;
            }
            catch (Exception) when (IsStopped)
            {
                // The listener was stopped during the attempt.
            }
            catch (Exception e)
            {
                // The peer may have disconnected, or file descriptors may have run out. In every case the loop must go on for the next client.
                _isOutOfDescriptors = e is SocketException { SocketErrorCode: SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable };
                if (_isOutOfDescriptors) _reserve.Release();
                LogFailure(e.Message);
            }
        }

        _accepted.Writer.Complete();
    }

    private void Accept()
    {
        _places.Wait(_stopping.Token);
        var isTaken = false;
        try
        {
            if (!_reserve.TryHold()) throw new SocketException((int)SocketError.TooManyOpenSockets);
            var accepted = _acceptor.Accept(_socket);
            // Checked now and not at the next attempt, which fails only when another client connects. A thread may need file descriptors before that.
            _reserve.ReleaseIfUsedUp();
            _isOutOfDescriptors = false;
            isTaken = ShouldAcceptOrClose(accepted) && _accepted.Writer.TryWrite(accepted);
        }
        finally
        {
            if (!isTaken) _places.Release();
        }
    }

    private bool ShouldAcceptOrClose(in Accepted accepted)
    {
        try
        {
            return ShouldAccept(accepted);
        }
        catch
        {
            accepted.Close();
            throw;
        }
    }

    private void WaitBackoff()
    {
        using var isOver = new ManualResetEventSlim();
        using var timer = _timeProvider.CreateTimer(static state => ((ManualResetEventSlim)state!).Set(), isOver, Backoff, Timeout.InfiniteTimeSpan);
        isOver.Wait(_stopping.Token);
    }
}
