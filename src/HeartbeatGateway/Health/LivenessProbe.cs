using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Server;
using HeartbeatGateway.Transport;

namespace HeartbeatGateway.Health;

/// <summary>
/// Checks that the gateway still answers heartbeats: it sends a ping to the gateway's own TCP endpoint, as a client would, but in no metric, and asks
/// every event loop of the transport. It does so at most once per second, however many callers ask. Only a gateway that does not answer is not live. A
/// gateway that is full, out of file descriptors or draining is live.
/// </summary>
internal sealed class LivenessProbe(GatewayEngine engine, GatewayTransportFactory transport, TimeProvider timeProvider, ILogger<LivenessProbe> logger) : IDisposable
{
    /// <summary>The gateway is not live after this time without an answer. Pauses of the process do not count.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ResultIsGoodFor = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _one = new(1);
    private long? _failingSince;
    private long? _lastProbe;
    private string? _lastError;
    private string _endpoint = "TCP";

    public async Task<LivenessReport> CheckAsync(CancellationToken cancellationToken)
    {
        if (transport.Listener is not { } listener) return new LivenessReport(true, "starting");
        if (listener.IsStopped || engine.IsStopping) return new LivenessReport(true, "stopping");
        if (listener.IsOutOfDescriptors) return new LivenessReport(true, "out of file descriptors; open connections are kept");
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (_lastProbe is not { } last || timeProvider.GetElapsedTime(last) >= ResultIsGoodFor)
            {
                var began = timeProvider.GetTimestamp();
                _lastError = await ProbeAllAsync(listener);
                if (_lastError is not null && timeProvider.GetElapsedTime(began) >= AnswerWithin + GatewayEngine.PauseThreshold)
                {
                    // The process paused during the probe, so the result is not valid. The pause may not be recorded yet: probe again.
                    began = timeProvider.GetTimestamp();
                    _lastError = await ProbeAllAsync(listener);
                }

                _lastProbe = timeProvider.GetTimestamp();
                _failingSince = _lastError is null ? null : _failingSince ?? began;
                if (_lastError is not null) logger.LivenessProbeFailed(_endpoint, _lastError);
            }

            if (_failingSince is not { } since) return new LivenessReport(true, "answers heartbeats");
            var silence = engine.GetUnpausedTimeSince(since);
            return new LivenessReport(silence < Limit, $"no answer on the {_endpoint} endpoint for {silence.TotalSeconds:0.0} s: {_lastError}");
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    /// <summary>Probes the listener for WebSockets too: a probe is answered by its engine before the layer for WebSockets.</summary>
    private async Task<string?> ProbeAllAsync(GatewayListener tcp)
    {
        _endpoint = "TCP";
        // First: a ping that waits for a blocked loop does not name it.
        if (await LoopProbe.CheckAsync(transport.Epoll, AnswerWithin, timeProvider) is { } blocked) return blocked;
        if (await ProbeAsync(tcp) is { } error) return error;
        if (transport.WebSocketListener is not { IsStopped: false, IsOutOfDescriptors: false } webSockets) return null;
        _endpoint = "WebSocket";
        return await ProbeAsync(webSockets);
    }

    /// <returns>Null when the ping was answered, or when the probe has no file descriptor for its socket; otherwise the error.</returns>
    private async Task<string?> ProbeAsync(GatewayListener listener)
    {
        var target = (IPEndPoint)listener.EndPoint;
        var address = Reachable(target.Address);
        using var timeout = new CancellationTokenSource(AnswerWithin, timeProvider);
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(address, 0));
            listener.Expect(AsAccepted(target, (IPEndPoint)socket.LocalEndPoint!));
            await socket.ConnectAsync(new IPEndPoint(address, target.Port), timeout.Token);
            await socket.SendAsync(engine.CreateProbePing(), timeout.Token);
            var answer = new byte[FrameFormat.HeaderLength];
            for (var read = 0; read < answer.Length;)
            {
                var count = await socket.ReceiveAsync(answer.AsMemory(read), timeout.Token);
                if (count == 0) return "the gateway closed the connection";
                read += count;
            }

            return null;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable or SocketError.AddressAlreadyInUse)
        {
            // The probe itself lacks a file descriptor or a port, so it has no result about the gateway.
            return null;
        }
        catch (SocketException e)
        {
            return e.Message;
        }
        catch (OperationCanceledException)
        {
            return $"no answer within {AnswerWithin.TotalSeconds:0} s";
        }
    }

    /// <summary>An address at which this process reaches its own endpoint.</summary>
    private static IPAddress Reachable(IPAddress bound)
    {
        if (bound.Equals(IPAddress.Any) || bound.Equals(IPAddress.IPv6Any)) return IPAddress.Loopback;
        return bound;
    }

    /// <summary>The probe's address as the listener reports it: a dual-mode listener maps IPv4 to IPv6.</summary>
    private static IPEndPoint AsAccepted(IPEndPoint listener, IPEndPoint probe) =>
        listener.AddressFamily == AddressFamily.InterNetworkV6 && probe.AddressFamily == AddressFamily.InterNetwork
            ? new IPEndPoint(probe.Address.MapToIPv6(), probe.Port)
            : probe;
}

/// <summary>Whether the gateway answers heartbeats, and the finding in words.</summary>
internal sealed record LivenessReport(bool IsLive, string Detail);
