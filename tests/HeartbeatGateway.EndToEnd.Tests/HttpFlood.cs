using System.Net;
using System.Net.Sockets;
using System.Text;

namespace HeartbeatGateway.EndToEnd.Tests;

/// <summary>How the connections of a flood occupy the operators' HTTP port.</summary>
public enum HttpFloodKind
{
    /// <summary>They send nothing.</summary>
    Silent,

    /// <summary>They send half of a request.</summary>
    HalfSent,

    /// <summary>They send one byte of a request each second.</summary>
    Slow,

    /// <summary>They send requests for the metrics page without end, and read the answers.</summary>
    Pipelined,

    /// <summary>They send many requests for the metrics page and read no answer.</summary>
    Unread,

    /// <summary>They send health checks without end and read no answer.</summary>
    UnreadHealthChecks,
}

/// <summary>Many HTTP connections, each of which opens again when the gateway closes it.</summary>
internal sealed class HttpFlood : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly EndPoint _gateway;
    private readonly HttpFloodKind _kind;
    private readonly Task[] _connections;
    private long _opened;

    /// <param name="gateway">The HTTP endpoint.</param>
    /// <param name="kind">What the connections do.</param>
    /// <param name="connections">How many there are.</param>
    /// <param name="sources">The addresses that they come from, in turn.</param>
    public HttpFlood(EndPoint gateway, HttpFloodKind kind, int connections, params IPAddress[] sources)
    {
        (_gateway, _kind) = (gateway, kind);
        _connections = [.. Enumerable.Range(0, connections).Select(i => Task.Run(() => RepeatAsync(sources[i % sources.Length])))];
    }

    /// <summary>Connections opened so far.</summary>
    public long Opened => Interlocked.Read(ref _opened);

    /// <summary>Waits until every connection has been opened once.</summary>
    public async Task StartedAsync()
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60), TimeProvider.System);
        while (Opened < _connections.Length) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, timeout.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_connections);
        _stop.Dispose();
    }

    private async Task RepeatAsync(IPAddress source)
    {
        while (!_stop.IsCancellationRequested)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                socket.Bind(new IPEndPoint(source, 0));
                Interlocked.Increment(ref _opened);
                await socket.ConnectAsync(_gateway, _stop.Token);
                await OccupyAsync(socket);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                // The gateway closed the connection, or the flood ends.
            }

            await Task.Delay(Pause, TimeProvider.System, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private Task OccupyAsync(Socket socket) => _kind switch
    {
        HttpFloodKind.Silent => ReadAsync(socket),
        HttpFloodKind.HalfSent => SendAllAsync(socket, "GET /livez HTTP/1.1\r\nHost: gate", ReadAsync(socket)),
        HttpFloodKind.Slow => SendSlowlyAsync(socket),
        HttpFloodKind.Pipelined => SendWithoutEndAsync(socket, "/metrics", ReadAsync(socket)),
        HttpFloodKind.Unread => SendWithoutEndAsync(socket, "/metrics", Task.CompletedTask),
        HttpFloodKind.UnreadHealthChecks => SendWithoutEndAsync(socket, "/livez", Task.CompletedTask),
        _ => throw new ArgumentOutOfRangeException(nameof(socket), _kind, "There is no such flood."),
    };

    private async Task ReadAsync(Socket socket)
    {
        var buffer = new byte[16 * 1024];
        while (await socket.ReceiveAsync(buffer, _stop.Token) > 0)
        {
            // Discarded.
        }
    }

    private async Task SendAllAsync(Socket socket, string text, Task reading)
    {
        await socket.SendAsync(Encoding.ASCII.GetBytes(text), _stop.Token);
        await reading;
    }

    private async Task SendSlowlyAsync(Socket socket)
    {
        var reading = ReadAsync(socket);
        foreach (var letter in "GET /livez HTTP/1.1\r\nHost: gateway\r\nX-Padding: " + new string('x', 1000))
        {
            await socket.SendAsync(new[] { (byte)letter }, _stop.Token);
            if (await Task.WhenAny(reading, Task.Delay(Pause, TimeProvider.System, _stop.Token)) == reading) break;
        }

        await reading;
    }

    private async Task SendWithoutEndAsync(Socket socket, string path, Task reading)
    {
        var requests = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat($"GET {path} HTTP/1.1\r\nHost: gateway\r\n\r\n", 100)));
        while (!_stop.IsCancellationRequested) await socket.SendAsync(requests, _stop.Token);
        await reading;
    }
}
