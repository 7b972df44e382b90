using System.Net.Sockets;
using System.Text;
using HeartbeatGateway.Testing.Redis;

namespace HeartbeatGateway.Faults.Tests.Clusters.Support;

/// <summary>
/// Holds back all writes to a Redis server from the next presence event of one partition on. The command that pauses the server waits in Redis behind one that
/// blocks until the event, so no program has to be quick enough.
/// </summary>
internal sealed class WritePause : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    private WritePause()
    {
    }

    public static async Task<WritePause> ArmAsync(RedisServer redis)
    {
        var stream = (await redis.CallAsync("keys", "*:events")).Split('\n')[0];
        // By the id of the newest event: an event that comes before Redis has read the command counts too.
        var newest = (await redis.CallAsync("xrevrange", stream, "+", "-", "count", "1")).Split('\n')[0];
        var pause = new WritePause();
        await pause._socket.ConnectAsync(redis.Address, redis.Port);
        var commands = $"XREAD BLOCK 0 STREAMS {stream} {newest}\r\nCLIENT PAUSE {Longest.TotalMilliseconds:0} WRITE\r\n";
        await pause._socket.SendAsync(Encoding.ASCII.GetBytes(commands));
        return pause;
    }

    /// <summary>Completes when the event has come and writes wait.</summary>
    public async Task BeganAsync(TimeSpan within)
    {
        // The answer to the pause is the last line; the event is before it.
        var answer = new StringBuilder();
        var buffer = new byte[4096];
        using var timeout = new CancellationTokenSource(within, TimeProvider.System);
        while (!answer.ToString().EndsWith("\r\n+OK\r\n", StringComparison.Ordinal))
        {
            var read = await _socket.ReceiveAsync(buffer, timeout.Token);
            Assert.True(read > 0, $"Redis closed the connection after: {answer}");
            answer.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }
    }

    /// <summary>Lets writes go on.</summary>
    public async Task EndAsync()
    {
        await _socket.SendAsync("CLIENT UNPAUSE\r\n"u8.ToArray());
        await _socket.ReceiveAsync(new byte[64]).WaitAsync(Longest, TimeProvider.System);
    }

    public void Dispose() => _socket.Dispose();
}
