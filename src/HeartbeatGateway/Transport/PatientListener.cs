using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Transport;

/// <summary>
/// Accepts connections. A failure to accept is waited out and told once a second at most; it never ends the loop and never spins,
/// as Kestrel's own listener does when descriptors run out.
/// </summary>
internal class PatientListener(
    Socket socket, Func<Socket, ConnectionContext> connect, DescriptorReserve reserve, TimeProvider timeProvider, ILogger logger) : IConnectionListener
{
    /// <summary>Between two attempts while the system cannot give us a socket: short against a second, long against a spin.</summary>
    private static readonly TimeSpan Backoff = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stopping = new();
    private long? _lastFailureLogged;
    private volatile bool _isOutOfDescriptors;

    public EndPoint EndPoint { get; } = socket.LocalEndPoint!;

    /// <summary>True after <see cref="Stop"/>: no more connections, on purpose.</summary>
    public bool IsStopped => _stopping.IsCancellationRequested;

    /// <summary>The last attempt to accept failed because the process, or the system, has no descriptor left.</summary>
    public bool IsOutOfDescriptors => _isOutOfDescriptors;

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            try
            {
                if (!reserve.TryHold()) throw new SocketException((int)SocketError.TooManyOpenSockets);
                var accepting = socket.AcceptAsync(_stopping.Token);
                // The thread that a socket's event comes on has its share of all clients to serve: a storm must not keep it here.
                var isOnTheirThread = !accepting.IsCompleted;
                var accepted = await accepting;
                // Not at the next attempt, which fails only when somebody knocks: a thread may be needed before.
                reserve.ReleaseIfUsedUp();
                if (isOnTheirThread) await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
                _isOutOfDescriptors = false;
                if (AdmitOrClose(accepted) is { } connection) return connection;
            }
            catch (Exception e) when (_stopping.IsCancellationRequested && e is (OperationCanceledException or ObjectDisposedException or SocketException))
            {
                return null;
            }
            catch (Exception e)
            {
                // The peer may be gone again, or the process out of descriptors; whatever it is, the next client must find us.
                _isOutOfDescriptors = e is SocketException { SocketErrorCode: SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable };
                if (_isOutOfDescriptors) reserve.Release();
                LogFailure(e.Message);
                await Task.Delay(Backoff, timeProvider, CancellationToken.None);
            }
        }
    }

    /// <summary>Closes the listening socket, and nothing else: the connections go on.</summary>
    public void Stop()
    {
        _stopping.Cancel();
        socket.Dispose();
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

    /// <returns>Null when the peer was turned away. When it throws, the socket is closed.</returns>
    protected virtual ConnectionContext? Admit(Socket accepted) => connect(accepted);

    private ConnectionContext? AdmitOrClose(Socket accepted)
    {
        try
        {
            return Admit(accepted);
        }
        catch
        {
            accepted.Dispose();
            throw;
        }
    }

    /// <summary>Tells why somebody was not let in, once a second at most.</summary>
    protected void TurnedAway(string why) => LogFailure(why);

    private void LogFailure(string why)
    {
        if (_lastFailureLogged is { } last && timeProvider.GetElapsedTime(last) < LogInterval) return;
        _lastFailureLogged = timeProvider.GetTimestamp();
        logger.AcceptFailed($"{EndPoint}", why);
    }
}
