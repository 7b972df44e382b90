using System.Globalization;
using System.Text;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Outbound;

public sealed class ManySendersTests
{
    private const int Senders = 16;
    private const int Messages = 200;

    /// <summary>The bytes that the transport accepts before it makes writers wait. Most frames are sent while another is being written.</summary>
    private const int PauseThreshold = 4 * 1024;

    [Fact]
    public async Task Frames_of_sixteen_sending_threads_and_answers_never_interleave()
    {
        using var gateway = new EngineHarness();
        using var stop = new CancellationTokenSource();
        // At most one unread message of each sender: together they stay below MaxPendingBytes, so that nothing is dropped.
        var room = Enumerable.Range(0, Senders).Select(_ => new SemaphoreSlim(1)).ToArray();
        var client = await gateway.ConnectedAsync(pauseWriterThreshold: PauseThreshold);
        var id = gateway.Engine.Table.All().Single().Id;
        // One thread for each sender.
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
            await stop.CancelAsync();
            await Task.WhenAll(sending);
        }

        void Send(int sender)
        {
            try
            {
                for (var number = 0; number < Messages; number++)
                {
                    room[sender].Wait(stop.Token);
                    gateway.Engine.Send(id, $"{sender}", Encoding.ASCII.GetBytes(Content(sender, number)));
                }
            }
            catch (OperationCanceledException)
            {
                // The reader has failed.
            }
        }
    }

    /// <summary>From a few bytes to more than the transport accepts at a time. Contains the sender and the number of the message.</summary>
    private static string Content(int sender, int number) => $"{number} {new string((char)('a' + sender), ((number * 37) + (sender * 911)) % (2 * PauseThreshold))}";
}
