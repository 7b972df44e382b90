using System.Net.Sockets;

namespace HeartbeatGateway.Cli.Proxy;

/// <summary>
/// One device and its connection to the gateway. Bytes are forwarded as they arrive, whatever they are; an end of stream is forwarded as
/// an end of stream, a reset as a reset. Only after a byte is forwarded is it explained.
/// </summary>
internal sealed class ProxyConnection(long id, Socket device, ProxySettings settings, IProxyView view, TimeProvider time)
{
    private const int BufferBytes = 16 * 1024;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    private string? _reset;

    /// <summary>Runs until both directions have ended.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var own = device;
        device.NoDelay = true;
        var from = device.RemoteEndPoint;
        using var gateway = await ConnectAsync(cancellation);
        if (gateway is null) return;
        view.Opened(id, from, gateway.RemoteEndPoint);
        var (up, down) = (Tap(ProxyDirection.ToGateway), Tap(ProxyDirection.ToClient));
        var pumps = await Task.WhenAll(
            PumpAsync(device, gateway, up, "the device", "the gateway", cancellation),
            PumpAsync(gateway, device, down, "the gateway", "the device", cancellation));
        up.End();
        down.End();
        var reason = _reset ?? (cancellation.IsCancellationRequested ? "the proxy was stopped" : $"{pumps.MinBy(p => p.At).Who} ended its stream first");
        view.Ended(id, reason, up.Traffic, down.Traffic);
        if (_reset is null) return;
        Reset(device);
        Reset(gateway);
    }

    private async Task<Socket?> ConnectAsync(CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(ConnectTimeout, time);
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.NoDelay = true;
            await socket.ConnectAsync(settings.Target, limited.Token);
            return socket;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            socket.Dispose();
            if (!cancellation.IsCancellationRequested)
            {
                var cause = e is SocketException ? e.Message : $"no answer within {ConnectTimeout.TotalSeconds:0} s";
                view.Note(id, $"{EndpointName.Of(settings.Target)} cannot be reached: {cause}; the device's connection is reset");
            }

            // The device sees that the connection failed, and not an end that looks like the gateway's.
            Reset(device);
            return null;
        }
    }

    /// <summary>Forwards one direction to its end.</summary>
    /// <returns>The peer that ended the direction, and when.</returns>
    private async Task<(string Who, long At)> PumpAsync(
        Socket source, Socket destination, FrameTap tap, string sourceName, string destinationName, CancellationToken cancellation)
    {
        var buffer = new byte[BufferBytes];
        var isReceiving = true;
        try
        {
            while (true)
            {
                isReceiving = true;
                var count = await source.ReceiveAsync(buffer, cancellation);
                isReceiving = false;
                if (count == 0) break;
                for (var sent = 0; sent < count;) sent += await destination.SendAsync(buffer.AsMemory(sent, count - sent), cancellation);
                tap.Feed(buffer.AsSpan(0, count));
            }

            destination.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            _reset ??= $"{(isReceiving ? sourceName : destinationName)} reset the connection";
            // The other direction can still have bytes of the failed peer to forward. It ends by itself when its own source fails.
            if (isReceiving) Reset(destination);
        }
        catch (OperationCanceledException)
        {
            // The proxy stops.
        }

        return (sourceName, time.GetTimestamp());
    }

    private FrameTap Tap(ProxyDirection direction) => new(
        bytes => settings.Explain(bytes.Span, direction, time.GetUtcNow().ToUnixTimeSeconds()),
        settings.MaxContentBytes,
        (offset, bytes, part) => view.Part(id, direction, offset, bytes, part),
        count => view.MoreStray(id, direction, count));

    /// <summary>Closes with a reset instead of an end of stream.</summary>
    private static void Reset(Socket socket)
    {
        if (socket.SafeHandle.IsClosed) return;
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }
}
