using System.Net;
using System.Net.Sockets;
using System.Text;
using HeartbeatGateway.Server;
using HeartbeatGateway.Tests.Support;

namespace HeartbeatGateway.Tests.WebSockets;

/// <summary>Peers that misuse the endpoint end in time, and clients on TCP keep their heartbeat meanwhile.</summary>
public sealed class HostilePeerTests
{
    private const int Peers = 1000;

    [Fact]
    public async Task A_thousand_peers_that_never_upgrade_end_as_handshake_timeout()
    {
        await using var fixture = await WebSocketFixture.StartAsync("--Gateway:Admission:HandshakeTimeout=00:00:02");
        using var device = await fixture.Host.ConnectAsync();
        await ServiceHost.PingAsync(device);
        var peers = new List<Socket>();
        try
        {
            for (var i = 0; i < Peers; i++)
            {
                var peer = await fixture.ConnectRawAsync();
                peers.Add(peer);
                // A third is silent, a third sends a part of a request, and a third upgrades and sends no frame.
                if (i % 3 > 0) await peer.SendAsync(Encoding.ASCII.GetBytes(i % 3 == 1 ? "GET /ws HTTP/1.1\r\nHost: gate" : WebSocketFixture.Request()));
            }

            await ServiceHost.PingAsync(device);
            await fixture.Host.ReachesAsync("heartbeatgateway_connections_closed_total{reason=\"handshake_timeout\"}", Peers);
            Assert.Equal(0, await fixture.Host.MetricAsync("heartbeatgateway_handshaking_connections"));
        }
        finally
        {
            foreach (var peer in peers) peer.Dispose();
        }
    }

    [Fact]
    public async Task A_flood_of_requests_is_answered_and_ended_and_heartbeats_on_TCP_go_on()
    {
        await using var fixture = await WebSocketFixture.StartAsync();
        using var device = await fixture.Host.ConnectAsync();
        await ServiceHost.PingAsync(device);
        var requests = string.Concat(Enumerable.Repeat(WebSocketFixture.Request("/metrics"), 20));
        var floods = Enumerable.Range(0, 8).Select(async _ =>
        {
            for (var i = 0; i < 25; i++)
            {
                // Of requests sent ahead only the first is answered.
                var answer = await fixture.ExchangeAsync(requests);
                Assert.StartsWith("HTTP/1.1 404 ", answer, StringComparison.Ordinal);
                Assert.Equal(answer.IndexOf("HTTP/1.1", StringComparison.Ordinal), answer.LastIndexOf("HTTP/1.1", StringComparison.Ordinal));
            }
        }).ToList();
        var flooding = Task.WhenAll(floods);
        var heartbeats = 1;
        do
        {
            await ServiceHost.PingAsync(device);
            heartbeats++;
        }
        while (!flooding.IsCompleted);
        await flooding;
        Assert.Equal(heartbeats, await fixture.Host.MetricAsync("heartbeatgateway_heartbeats_total"));
        await fixture.Host.ReachesAsync("heartbeatgateway_connections_closed_total{reason=\"websocket_invalid\"}", 200);
        Assert.Equal(1, fixture.Host.Engine.OpenConnections);
        Assert.Equal(System.Net.HttpStatusCode.OK, await fixture.Host.StatusAsync("/livez"));
    }

    /// <summary>The receiving task waits to send a pong that the peer does not take, so nothing of the connection may be left when its time is up.</summary>
    [Fact]
    public async Task A_peer_that_takes_no_pongs_is_reset_when_its_time_is_up()
    {
        await using var fixture = await WebSocketFixture.StartAsync("--Gateway:Admission:HandshakeTimeout=00:00:02");
        using var peer = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 1024 };
        await peer.ConnectAsync(IPAddress.Loopback, fixture.Host.WebSocketPort!.Value, TestContext.Current.CancellationToken);
        await peer.SendAsync(Encoding.ASCII.GetBytes(WebSocketFixture.Request()), TestContext.Current.CancellationToken);
        // Masked with zeros: pings of 125 bytes, then a message with the first byte of a frame.
        byte[] ping = [0x89, 0xFD, 0, 0, 0, 0, .. new byte[125]];
        byte[] round = [.. Enumerable.Repeat(ping, 450).SelectMany(p => p), 0x82, 0x81, 0, 0, 0, 0, 0];
        peer.Blocking = false;
        var (rounds, sent, isReset) = (0, 0, false);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        while (!isReset)
        {
            limit.Token.ThrowIfCancellationRequested();
            try
            {
                // Fewer rounds than the header of a frame has bytes.
                if (rounds < 150) sent += peer.Send(round.AsSpan(sent));
                else peer.Send(ping);
                if (sent == round.Length) (rounds, sent) = (rounds + 1, 0);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.WouldBlock)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
            }
            catch (SocketException)
            {
                isReset = true;
            }
        }

        await fixture.Host.ReachesAsync("heartbeatgateway_connections_closed_total{reason=\"handshake_timeout\"}", 1);
        Assert.Equal(0, fixture.Host.Engine.OpenConnections);
    }

    [Fact]
    public async Task A_flood_of_empty_messages_ends_the_connection()
    {
        await using var fixture = await WebSocketFixture.StartAsync();
        using var client = await fixture.ConnectAsync();
        await WebSocketFixture.PingAsync(client);
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            for (var i = 0; i < 100_000; i++) await WebSocketFixture.SendAsync(client, ReadOnlyMemory<byte>.Empty);
        });
        await fixture.Host.ReachesAsync("heartbeatgateway_connections_closed_total{reason=\"websocket_invalid\"}", 1);
    }

    [Fact]
    public async Task A_peer_that_reads_nothing_ends_as_slow_consumer_and_delays_no_other()
    {
        await using var fixture = await WebSocketFixture.StartAsync("--Gateway:Outbound:WriteTimeout=00:00:01", "--Gateway:Heartbeat:ReaderIdle=00:00:00");
        using var slow = await fixture.ConnectAsAsync("slow");
        using var other = await fixture.ConnectAsAsync("other");
        var content = new byte[100_000];
        SendResult result;
        do result = fixture.Host.Engine.SendToClient("slow", "news", content);
        while (result == SendResult.Accepted);
        fixture.Host.Engine.SendToClient("slow", "news", content);
        await WebSocketFixture.PingAsync(other);
        await fixture.Host.ReachesAsync("heartbeatgateway_connections_closed_total{reason=\"slow_consumer\"}", 1);
        await WebSocketFixture.PingAsync(other);
    }

    [Theory]
    [InlineData("--Gateway:Admission:MaxConnections=1", "limit_total")]
    [InlineData("--Gateway:Admission:MaxConnectionsPerAddress=1", "limit_address")]
    [InlineData("--Gateway:Admission:AcceptsPerSecond=1", "limit_rate")]
    public async Task Limits_reject_before_the_request_is_read(string limit, string reason)
    {
        await using var fixture = await WebSocketFixture.StartAsync(limit);
        using var first = await fixture.ConnectRawAsync();
        using var second = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await second.ConnectAsync(IPAddress.Loopback, fixture.Host.WebSocketPort!.Value, TestContext.Current.CancellationToken);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // Rejected before the connect was reported.
        }

        await fixture.Host.ReachesAsync($"heartbeatgateway_connections_rejected_total{{reason=\"{reason}\"}}", 1);
        Assert.Equal(1, await fixture.Host.MetricAsync("heartbeatgateway_connections_opened_total"));
    }
}
