using System.Globalization;
using System.Text;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Consumers;

/// <summary>Many that send to one client at the same time, over real sockets.</summary>
public sealed class ManySendersTests
{
    private const int Senders = 16;
    private const int Messages = 300;

    /// <summary>Of one sender: all of them together stay below the bound on what may wait for a client.</summary>
    private const int Unread = 2;
    private const int LargestContent = 6_000;

    [Fact]
    public async Task Sixteen_senders_to_one_client_never_mix_their_frames()
    {
        await using var gateway = await WatchedGateway.StartObedientAsync();
        await using var target = await Crowd.ConnectAsync(gateway.Process.EndPoint, 1, (client, _) => client.HelloAsync("target"), reads: false);
        await using var senders = await Crowd.ConnectAsync(gateway.Process.EndPoint, Senders);
        var frames = new FrameStream(target.Clients[0].Socket);
        Assert.Equal("welcome", (await frames.ReadAsync())?.Type);

        // It takes little at a time, and asks for answers in between.
        target.Beat(TimeSpan.FromMilliseconds(5));
        var room = Enumerable.Range(0, Senders).Select(_ => new SemaphoreSlim(Unread)).ToArray();
        var sending = senders.Clients.Select((client, sender) => Task.Run(async () =>
        {
            for (var number = 0; number < Messages; number++)
            {
                await room[sender].WaitAsync();
                await client.SendFrameAsync("relay", [.. "target "u8, .. Content(sender, number)]);
            }
        })).ToArray();
        var next = new int[Senders];
        var (pings, bytes) = (0, 0L);
        while (next.Any(n => n < Messages))
        {
            var frame = await frames.ReadAsync().WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System);
            Assert.NotNull(frame);
            var (type, content) = frame.Value;
            if (type == "ping")
            {
                pings++;
                continue;
            }

            Assert.Equal("relay", type);
            var sender = int.Parse(Encoding.ASCII.GetString(content, 0, 2), CultureInfo.InvariantCulture);
            Assert.True(content.AsSpan().SequenceEqual(Content(sender, next[sender])), $"Message {next[sender]} of sender {sender} did not come next, or not whole.");
            next[sender]++;
            bytes += content.Length;
            room[sender].Release();
        }

        await Task.WhenAll(sending);
        TestContext.Current.TestOutputHelper?.WriteLine($"{Senders * Messages} frames of {bytes} bytes from {Senders} senders, and {pings} answers to pings, all whole and in order");
        Assert.True(pings > 0, "No answer came in between.");
        Assert.Equal(0, await gateway.Process.MetricAsync("heartbeatgateway_outbound_dropped_total{reason=\"pending_limit\"}"));
        await Task.WhenAll(target.LeaveAsync(), senders.LeaveAsync());
        await gateway.AssertUnharmedAsync();
    }

    /// <summary>Tells whose it is and which, in every byte.</summary>
    private static byte[] Content(int sender, int number)
    {
        var content = new byte[2 + (((number * 37) + (sender * 911)) % LargestContent)];
        for (var i = 2; i < content.Length; i++) content[i] = (byte)((sender * 31) + (number * 7) + i);
        Encoding.ASCII.GetBytes(sender.ToString("00", CultureInfo.InvariantCulture), content);
        return content;
    }
}
