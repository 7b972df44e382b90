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

    private readonly ConcurrentDictionary<EndPoint, byte> _probes = new();
    private readonly CancellationTokenSource _stopping = new();
    private long? _lastFailureLogged;
    private int _accepting;

    public EndPoint EndPoint { get; } = socket.LocalEndPoint!;

    /// <summary>True while somebody waits for the next client, be it in a backoff.</summary>
    public bool IsAccepting => Volatile.Read(ref _accepting) != 0;

    /// <summary>True after <see cref="Stop"/>: no more clients, on purpose.</summary>
    public bool IsStopped => _stopping.IsCancellationRequested;

    /// <summary>Says that a connection from this end point will be the liveness probe's, until the result is disposed.</summary>
    public IDisposable Expect(EndPoint probe)
    {
        _probes.TryAdd(probe, 0);
        return new Expectation(_probes, probe);
    }

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        Volatile.Write(ref _accepting, 1);
        while (true)
        {
            try
            {
                return Wrap(await socket.AcceptAsync(_stopping.Token));
            }
            catch (Exception e) when (_stopping.IsCancellationRequested && e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                Volatile.Write(ref _accepting, 0);
                return null;
            }
            catch (Exception e)
            {
                // The peer may be gone again, or the process out of descriptors; whatever it is, the next client must find us.
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

        if (!_probes.IsEmpty && connection.RemoteEndPoint is { } remote && _probes.ContainsKey(remote))
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

    private sealed class Expectation(ConcurrentDictionary<EndPoint, byte> probes, EndPoint probe) : IDisposable
    {
        public void Dispose() => probes.TryRemove(probe, out _);
    }
}
