using System.Globalization;
using System.Text;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Outbound;

public sealed class ManySendersTests
{
    private const int Senders = 16;
    private const int Messages = 200;

    /// <summary>What the transport takes before it makes writers wait: most frames come while another is under way.</summary>
    private const int Slow = 4 * 1024;

    [Fact]
    public async Task Sixteen_threads_that_send_to_one_client_never_mix_their_frames_nor_those_with_its_answers()
    {
        using var gateway = new EngineHarness();
        using var giveUp = new CancellationTokenSource();
        // One unread message of each: together they stay below the bound on what may wait, so that nothing is dropped.
        var room = Enumerable.Range(0, Senders).Select(_ => new SemaphoreSlim(1)).ToArray();
        var client = await gateway.ConnectedAsync(pauseWriterThreshold: Slow);
        var id = gateway.Engine.Table.All().Single().Id;
        // A thread for each.
        var sending = Enumerable.Range(0, Senders)
            .Select(sender => Task.Factory.StartNew(() => Send(sender), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        var pinging = Task.Run(async () =>
        {
            for (var i = 0; i < Messages; i++) await client.PingAsync();
        });
        try
        {
            var next = new int[Senders];
            for (var pings = 0; pings < Messages || next.Any(n => n < Messages);)
            {
                var (type, content) = await client.ReadFrameAsync();
                if (type == "ping")
                {
                    pings++;
                    continue;
                }

                var sender = int.Parse(type, CultureInfo.InvariantCulture);
                Assert.Equal(Content(sender, next[sender]), content);
                next[sender]++;
                room[sender].Release();
            }

            await pinging;
        }
        finally
        {
            await giveUp.CancelAsync();
            await Task.WhenAll(sending);
        }

        void Send(int sender)
        {
            try
            {
                for (var number = 0; number < Messages; number++)
                {
                    room[sender].Wait(giveUp.Token);
                    gateway.Engine.Send(id, $"{sender}", Encoding.ASCII.GetBytes(Content(sender, number)));
                }
            }
            catch (OperationCanceledException)
            {
                // The reader has failed.
            }
        }
    }

    /// <summary>From a few bytes to more than the transport takes at a time, telling whose it is and which.</summary>
    private static string Content(int sender, int number) => $"{number} {new string((char)('a' + sender), ((number * 37) + (sender * 911)) % (2 * Slow))}";
}
