using System.Net;
using System.Net.Sockets;
using System.Text;
using HeartbeatGateway.Faults.Tests.Clusters.Support;
using HeartbeatGateway.Testing.Redis;

namespace HeartbeatGateway.Faults.Tests.Clusters;

/// <summary>The proxy drops what it has to, and nothing else; otherwise tests of deaf subscriptions prove nothing.</summary>
[Trait("Lane", "cluster")]
public sealed class FixtureTests
{
    [Fact]
    public async Task The_proxy_drops_messages_of_channels_on_standing_connections_alone()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var proxy = new RedisProxy(redis);
        using var old = await ConnectAsync(proxy);
        Assert.Contains("\r\n$1\r\na\r\n:1\r\n", await CallAsync(old, "SUBSCRIBE a\r\n"), StringComparison.Ordinal);
        Assert.Equal("1", await redis.CallAsync("publish", "a", "heard"));
        Assert.Contains("heard", await ReadAsync(old), StringComparison.Ordinal);

        proxy.Deafen();
        Assert.Equal("1", await redis.CallAsync("publish", "a", "dropped"));
        Assert.Contains("pong", await CallAsync(old, "PING\r\n"), StringComparison.Ordinal);
        Assert.Equal(1, proxy.Dropped);

        using var later = await ConnectAsync(proxy);
        await CallAsync(later, "SUBSCRIBE a\r\n");
        Assert.Equal("2", await redis.CallAsync("publish", "a", "heard again"));
        Assert.Contains("heard again", await ReadAsync(later), StringComparison.Ordinal);
        Assert.Equal(2, proxy.Dropped);
    }

    private static async Task<Socket> ConnectAsync(RedisProxy proxy)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPEndPoint.Parse(proxy.Configuration));
        return socket;
    }

    private static async Task<string> CallAsync(Socket socket, string command)
    {
        await socket.SendAsync(Encoding.ASCII.GetBytes(command));
        return await ReadAsync(socket);
    }

    private static async Task<string> ReadAsync(Socket socket)
    {
        var buffer = new byte[4096];
        var read = await socket.ReceiveAsync(buffer).WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System);
        return Encoding.ASCII.GetString(buffer, 0, read);
    }
}
