using System.Globalization;
using System.Text;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Consumers;

/// <summary>Many clients that send to one client at the same time, over real sockets.</summary>
public sealed class ManySendersTests
{
    private const int Senders = 16;
    private const int Messages = 300;

    /// <summary>Unread messages per sender. All senders together stay below the limit of pending bytes for a client.</summary>
    private const int Unread = 2;
    private const int LargestContent = 6_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true, Traits = ["Transport", "tls"])]
    public async Task Does_not_interleave_the_frames_of_sixteen_senders_to_one_client(bool tls)
    {
        await using var gateway = await WatchedGateway.StartFaultHostAsync(tls);
        await using var target = await Crowd.ConnectAsync(gateway.Port, 1, (client, _) => client.HelloAsync("target"), reads: false);
        await using var senders = await Crowd.ConnectAsync(gateway.Port, Senders);
        var frames = new FrameStream(target.Clients[0].ReceiveAsync);
        Assert.Equal("welcome", (await frames.ReadAsync())?.Type);

        // The target reads little at a time and sends pings between the messages.
        target.StartHeartbeats(TimeSpan.FromMilliseconds(5));
        var credits = Enumerable.Range(0, Senders).Select(_ => new SemaphoreSlim(Unread)).ToArray();
        var sending = senders.Clients.Select((client, sender) => Task.Run(async () =>
        {
            for (var number = 0; number < Messages; number++)
            {
                await credits[sender].WaitAsync();
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
            Assert.True(
                content.AsSpan().SequenceEqual(Content(sender, next[sender])),
                $"Message {next[sender]} of sender {sender} is out of order or incomplete.");
            next[sender]++;
            bytes += content.Length;
            credits[sender].Release();
        }

        await Task.WhenAll(sending);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Senders * Messages} frames of {bytes} bytes from {Senders} senders, and {pings} answers to pings, all complete and in order");
        Assert.True(pings > 0, "No answer to a ping arrived between the messages.");
        Assert.Equal(0, await gateway.Process.MetricAsync("heartbeatgateway_outbound_dropped_total{reason=\"pending_limit\"}"));
        await Task.WhenAll(target.CloseAsync(), senders.CloseAsync());
        await gateway.AssertRecoveredAsync();
    }

    /// <summary>A message whose every byte depends on its sender and its number.</summary>
    private static byte[] Content(int sender, int number)
    {
        var content = new byte[2 + (((number * 37) + (sender * 911)) % LargestContent)];
        for (var i = 2; i < content.Length; i++) content[i] = (byte)((sender * 31) + (number * 7) + i);
        Encoding.ASCII.GetBytes(sender.ToString("00", CultureInfo.InvariantCulture), content);
        return content;
    }
}
