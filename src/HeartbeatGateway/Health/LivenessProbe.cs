using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Server;
using HeartbeatGateway.Transport;

namespace HeartbeatGateway.Health;

/// <summary>
/// Finds out whether the gateway still answers heartbeats: a ping on its own TCP endpoint, like any client's but in no count, once a
/// second at most however many ask. Only a gateway that is deaf is not live; one that is full, out of descriptors or letting
/// its clients go is.
/// </summary>
internal sealed class LivenessProbe(GatewayEngine engine, GatewayTransportFactory transport, TimeProvider timeProvider, ILogger<LivenessProbe> logger) : IDisposable
{
    /// <summary>Without an answer for so long, not counting pauses of the process, the gateway is not live.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ResultIsGoodFor = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _one = new(1);
    private long? _failingSince;
    private long? _lastProbe;
    private string? _lastError;

    public async Task<LivenessReport> CheckAsync(CancellationToken cancellationToken)
    {
        if (transport.Listener is not { } listener) return new LivenessReport(true, "starting");
        if (listener.IsStopped || engine.IsStopping) return new LivenessReport(true, "stopping");
        if (listener.IsOutOfDescriptors) return new LivenessReport(true, "out of descriptors; open connections live on");
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (_lastProbe is not { } last || timeProvider.GetElapsedTime(last) >= ResultIsGoodFor)
            {
                var began = timeProvider.GetTimestamp();
                _lastError = await ProbeAsync(listener);
                if (_lastError is not null && timeProvider.GetElapsedTime(began) >= AnswerWithin + GatewayEngine.PauseThreshold)
                {
                    // The process stood still while it asked, which says nothing, and may not have noted that yet: ask again.
                    began = timeProvider.GetTimestamp();
                    _lastError = await ProbeAsync(listener);
                }

                _lastProbe = timeProvider.GetTimestamp();
                _failingSince = _lastError is null ? null : _failingSince ?? began;
                if (_lastError is not null) logger.LivenessProbeFailed(_lastError);
            }

            if (_failingSince is not { } since) return new LivenessReport(true, "answers heartbeats");
            var silence = engine.GetUnpausedTimeSince(since);
            return new LivenessReport(silence < Limit, $"no answer on the TCP endpoint for {silence.TotalSeconds:0.0} s: {_lastError}");
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    /// <returns>Null when a ping was answered, or when the process lacks the descriptor to ask; else what went wrong.</returns>
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
            // The probe lacks a descriptor or a port of its own: that says nothing of the gateway.
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

    /// <summary>An address by which this process reaches its own endpoint.</summary>
    private static IPAddress Reachable(IPAddress bound)
    {
        if (bound.Equals(IPAddress.Any) || bound.Equals(IPAddress.IPv6Any)) return IPAddress.Loopback;
        return bound;
    }

    /// <summary>How a dual-mode listener sees an IPv4 peer.</summary>
    private static IPEndPoint AsAccepted(IPEndPoint listener, IPEndPoint probe) =>
        listener.AddressFamily == AddressFamily.InterNetworkV6 && probe.AddressFamily == AddressFamily.InterNetwork
            ? new IPEndPoint(probe.Address.MapToIPv6(), probe.Port)
            : probe;
}
