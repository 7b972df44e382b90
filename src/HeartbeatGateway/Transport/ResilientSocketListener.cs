using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using HeartbeatGateway.Shared.Logging;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Transport;

/// <summary>
/// Accepts connections. A failure to accept is waited out and told once a second at most; it never ends the loop and never spins,
/// as Kestrel's own listener does when descriptors run out.
/// </summary>
/// <remarks>
/// Accepting has a thread of its own. The thread that sockets' events come on has its share of all clients to serve, and in the pool's
/// queue the next accept would stand behind all connections of before: in a storm the system's queue, which is short, would run over.
/// </remarks>
internal class ResilientSocketListener : IConnectionListener
{
    /// <summary>A storm of a whole fleet, as far as descriptors reach.</summary>
    private const int MostWaiting = 16 * 1024;

    /// <summary>After so many connections without a pause the thread serves others before it goes on.</summary>
    private const int ConnectionsInARow = 64;

    /// <summary>Between two attempts while the system cannot give us a socket: short against a second, long against a spin.</summary>
    private static readonly TimeSpan Backoff = TimeSpan.FromMilliseconds(100);

    private readonly Socket _socket;
    private readonly Func<Socket, ConnectionContext> _connect;
    private readonly EmergencyDescriptors _reserve;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly LogThrottle _throttle;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _places;
    private readonly Channel<Socket> _accepted = Channel.CreateUnbounded<Socket>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private int _inARow;
    private volatile bool _isOutOfDescriptors;

    /// <param name="socket">Listens already; belongs to the listener from here on.</param>
    /// <param name="connect">Makes a connection of an accepted socket.</param>
    /// <param name="reserve">Held before anybody is accepted.</param>
    /// <param name="timeProvider">Measures the time between attempts and between lines of the log.</param>
    /// <param name="logger">Is told of failures.</param>
    /// <param name="mostWaiting">How many accepted sockets may wait to become connections, each with a descriptor and some hundred bytes. More wait in the system's queue.</param>
    public ResilientSocketListener(Socket socket, Func<Socket, ConnectionContext> connect, EmergencyDescriptors reserve, TimeProvider timeProvider, ILogger logger, int mostWaiting = MostWaiting)
    {
        (_socket, _connect, _reserve, _timeProvider, _logger) = (socket, connect, reserve, timeProvider, logger);
        _throttle = new LogThrottle(timeProvider, burst: 1, perSecond: 1);
        _places = new SemaphoreSlim(mostWaiting);
        EndPoint = socket.LocalEndPoint!;
        // Now, and not when somebody knocks: a thread costs descriptors too.
        new Thread(AcceptAll) { IsBackground = true, Name = "accept" }.Start();
    }

    public EndPoint EndPoint { get; }

    /// <summary>True after <see cref="Stop"/>: no more connections, on purpose.</summary>
    public bool IsStopped => _stopping.IsCancellationRequested;

    /// <summary>The last attempt to accept failed because the process, or the system, has no descriptor left.</summary>
    public bool IsOutOfDescriptors => _isOutOfDescriptors;

    /// <summary>The next connection; null after <see cref="Stop"/>.</summary>
    /// <param name="cancellationToken">Not looked at: the server stops a listener by <see cref="UnbindAsync"/>.</param>
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
                Lose(accepted);
            }
            catch (Exception e)
            {
                // Whatever it is, it costs this connection and no other.
                Lose(accepted);
                LogFailure(e.Message);
            }
        }

        return null;
    }

    /// <summary>Closes the listening socket, and what waits to become a connection, and nothing else: the connections go on.</summary>
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

    /// <summary>Decides about a socket as soon as it is accepted. When it throws, the socket is closed.</summary>
    /// <returns>False when it was turned away, and closed.</returns>
    protected virtual bool LetIn(Socket accepted) => true;

    /// <summary>Makes a connection of a socket that was let in. When it throws, the socket is lost.</summary>
    protected virtual ConnectionContext Connect(Socket accepted) => _connect(accepted);

    /// <summary>A socket that was let in is closed without having become a connection.</summary>
    protected virtual void Lose(Socket accepted) => accepted.Dispose();

    /// <summary>Tells why somebody was not let in, once a second at most.</summary>
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
                if (failed) WaitOut();
                failed = true;
                Accept();
                failed = false;
            }
            catch (Exception) when (IsStopped)
            {
                // The socket was closed under the attempt.
            }
            catch (Exception e)
            {
                // The peer may be gone again, or the process out of descriptors; whatever it is, the next client must find us.
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
            var accepted = _socket.Accept();
            // Not at the next attempt, which fails only when somebody knocks: a thread may be needed before.
            _reserve.ReleaseIfUsedUp();
            _isOutOfDescriptors = false;
            isTaken = LetInOrClose(accepted) && _accepted.Writer.TryWrite(accepted);
        }
        finally
        {
            if (!isTaken) _places.Release();
        }
    }

    private bool LetInOrClose(Socket accepted)
    {
        try
        {
            return LetIn(accepted);
        }
        catch
        {
            accepted.Dispose();
            throw;
        }
    }

    private void WaitOut()
    {
        using var isOver = new ManualResetEventSlim();
        using var timer = _timeProvider.CreateTimer(static state => ((ManualResetEventSlim)state!).Set(), isOver, Backoff, Timeout.InfiniteTimeSpan);
        isOver.Wait(_stopping.Token);
    }
}
