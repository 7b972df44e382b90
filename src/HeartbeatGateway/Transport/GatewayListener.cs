using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Connections;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace HeartbeatGateway.Transport;

/// <summary>Accepts clients. A failure to accept is waited out and told once a second at most; it never ends the loop.</summary>
internal sealed class GatewayListener(
    Socket socket, SocketConnectionContextFactory connections, TcpOptions options, TimeProvider timeProvider, ILogger logger) : IConnectionListener
{
    /// <summary>Between two attempts while the system cannot give us a socket: short against a second, long against a spin.</summary>
    private static readonly TimeSpan Backoff = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan ProbesAreExpectedFor = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<EndPoint, long> _probes = new();
    private readonly CancellationTokenSource _stopping = new();
    private long? _lastFailureLogged;
    private volatile bool _isOutOfDescriptors;

    public EndPoint EndPoint { get; } = socket.LocalEndPoint!;

    /// <summary>True after <see cref="Stop"/>: no more clients, on purpose.</summary>
    public bool IsStopped => _stopping.IsCancellationRequested;

    /// <summary>The last attempt to accept failed because the process, or the system, has no descriptor left.</summary>
    public bool IsOutOfDescriptors => _isOutOfDescriptors;

    /// <summary>
    /// Says that the next connection from this end point is the liveness probe's, however long it takes until it is accepted: a
    /// probe that has given up must not be taken for a client afterwards.
    /// </summary>
    public void Expect(EndPoint probe)
    {
        foreach (var (forgotten, _) in _probes.Where(p => timeProvider.GetElapsedTime(p.Value) > ProbesAreExpectedFor)) _probes.TryRemove(forgotten, out _);
        _probes[probe] = timeProvider.GetTimestamp();
    }

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            try
            {
                var accepted = await socket.AcceptAsync(_stopping.Token);
                _isOutOfDescriptors = false;
                return Wrap(accepted);
            }
            catch (Exception e) when (_stopping.IsCancellationRequested && e is (OperationCanceledException or ObjectDisposedException or SocketException))
            {
                return null;
            }
            catch (Exception e)
            {
                // The peer may be gone again, or the process out of descriptors; whatever it is, the next client must find us.
                _isOutOfDescriptors = e is SocketException { SocketErrorCode: SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable };
                LogFailure(e);
                await Task.Delay(Backoff, timeProvider, CancellationToken.None);
            }
        }
    }

    /// <summary>Closes the listening socket, and nothing else: HTTP goes on, and so do the connections.</summary>
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

    private ConnectionContext Wrap(Socket accepted)
    {
        ConnectionContext connection;
        try
        {
            accepted.NoDelay = true;
            if (options.SendBufferBytes > 0) accepted.SendBufferSize = options.SendBufferBytes;
            connection = connections.Create(accepted);
        }
        catch
        {
            accepted.Dispose();
            throw;
        }

        if (!_probes.IsEmpty && connection.RemoteEndPoint is { } remote && _probes.TryRemove(remote, out _))
        {
            connection.Features.Set<ILivenessProbeFeature>(LivenessProbeFeature.Instance);
        }

        return connection;
    }

    private void LogFailure(Exception e)
    {
        if (_lastFailureLogged is { } last && timeProvider.GetElapsedTime(last) < LogInterval) return;
        _lastFailureLogged = timeProvider.GetTimestamp();
        logger.AcceptFailed(e.Message);
    }

    private sealed class LivenessProbeFeature : ILivenessProbeFeature
    {
        public static readonly LivenessProbeFeature Instance = new();
    }
}
