using System.Net.Sockets;
using System.Text;
using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Faults.Tests.Networks;

/// <summary>Frames that arrive slowly, and clients that only receive, on a real clock.</summary>
[Trait("Lane", "quiet")]
public sealed class SlowFrameTests
{
    private const int FourMebibytes = 4 * 1024 * 1024;

    /// <summary>The tests of the other lane load the same processors with thousands of clients at the same time (Lane=quiet).</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(1);
    private static readonly TimeProvider Time = TimeProvider.System;

    /// <summary>A busy moment of the machine delays one close and rarely all: the least late of three counts.</summary>
    private const int Tries = 3;
    private static readonly TimeSpan BetweenTries = TimeSpan.FromSeconds(1.3);

    [Theory]
    [InlineData(false)]
    [InlineData(true, Traits = ["Transport", "tls"])]
    public async Task Allows_more_time_for_a_longer_frame_and_closes_a_frame_that_is_too_slow(bool tls)
    {
        await using var gateway = await WatchedGateway.StartFaultHostAsync(
            tls,
            ("Gateway__Frames__MaxContentBytes", $"{FourMebibytes}"), ("Gateway__Heartbeat__ReaderIdle", "00:00:07"));
        // 4 MiB may take ten seconds plus 64 s, at 64 KiB a second. Twenty seconds are well within that.
        var large = SendAsync(Message(FourMebibytes), pieceBytes: FourMebibytes / 200, every: TimeSpan.FromMilliseconds(100));
        // A ping is small: it may take ten seconds, in any number of pieces.
        await AreClosedAsync("one byte a second", TimeSpan.FromSeconds(10), () => SendAsync(
            TestSecrets.ClientKeyring().Keys[0].Bare.Ping(Now()).ToArray(), pieceBytes: 1, every: TimeSpan.FromSeconds(1)));
        var (largeTook, closed) = await large;
        TestContext.Current.TestOutputHelper?.WriteLine($"4 MiB: sent in {largeTook.TotalSeconds:0.000} s");
        Assert.Null(closed);
        Assert.InRange(largeTook, TimeSpan.FromSeconds(19), TimeSpan.FromSeconds(30));

        // 1 MiB may take 26 s. At less than half the required rate it is closed at that limit.
        await AreClosedAsync("1 MiB in a minute", TimeSpan.FromSeconds(26), () => SendAsync(
            Message(1024 * 1024), pieceBytes: 1024 * 1024 / 600, every: TimeSpan.FromMilliseconds(100)));

        var page = await gateway.Process.ReachesAsync("""heartbeatgateway_connections_closed_total{reason="frame_timeout"}""", 2 * Tries);
        Assert.Equal(2 * Tries, GatewayProcess.Metric(page, """heartbeatgateway_timeouts_total{kind="frame"}"""));
        await gateway.AssertRecoveredAsync();

        static long Now() => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        static ReadOnlyMemory<byte> Message(int bytes) => TestSecrets.ClientKeyring().Keys[0].Bare.Encode("message"u8, new byte[bytes], Now());

        async Task<(TimeSpan Sent, TimeSpan? Ended)> SendAsync(ReadOnlyMemory<byte> frame, int pieceBytes, TimeSpan every)
        {
            using var client = new CrowdClient();
            await client.ConnectAsync(gateway.Port);
            await client.PingAsync();
            while (client.Frames == 0) await Task.Delay(TimeSpan.FromMilliseconds(10), Time);
            var began = Time.GetTimestamp();
            for (var sent = 0; sent < frame.Length && client.End == CrowdEnd.StillOpen;)
            {
                var length = Math.Min(pieceBytes, frame.Length - sent);
                await client.SendAsync(frame.Slice(sent, length));
                sent += length;
                await Task.WhenAny(client.Ended, Task.Delay(every, Time));
            }

            var took = Time.GetElapsedTime(began);
            if (client.End != CrowdEnd.StillOpen) return (took, Time.GetElapsedTime(began, client.EndedAt));
            // The connection is still open: a ping after the large frame is answered.
            await client.PingAsync();
            while (client.Frames < 2 && client.End == CrowdEnd.StillOpen) await Task.Delay(TimeSpan.FromMilliseconds(10), Time);
            return (took, client.End == CrowdEnd.StillOpen ? null : Time.GetElapsedTime(began, client.EndedAt));
        }
    }

    /// <summary>None is closed before the limit, and at least one of the tries, which overlap, is not closed late.</summary>
    private static async Task AreClosedAsync(string what, TimeSpan limit, Func<Task<(TimeSpan Sent, TimeSpan? Ended)>> send)
    {
        var tries = new List<Task<(TimeSpan Sent, TimeSpan? Ended)>>();
        for (var i = 0; i < Tries; i++)
        {
            tries.Add(send());
            await Task.Delay(BetweenTries, Time);
        }

        var ended = (await Task.WhenAll(tries)).Select(t => t.Ended!.Value).Order().ToList();
        TestContext.Current.TestOutputHelper?.WriteLine($"{what}: closed after {ended[0].TotalSeconds:0.000} to {ended[^1].TotalSeconds:0.000} s");
        Assert.InRange(ended[0], limit, limit + Tolerance);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true, Traits = ["Transport", "tls"])]
    public async Task Closes_a_client_that_only_receives_at_the_idle_timeout(bool tls)
    {
        await using var gateway = await WatchedGateway.StartFaultHostAsync(tls);
        using var sender = new CrowdClient();
        await sender.ConnectAsync(gateway.Port);
        var receiving = AreClosedAsync("only receives", TimeSpan.FromSeconds(7), ReceiveAsync);
        while (!receiving.IsCompleted)
        {
            await sender.SendFrameAsync("broadcast", Encoding.UTF8.GetBytes("news"));
            await Task.WhenAny(receiving, Task.Delay(TimeSpan.FromMilliseconds(200), Time));
        }

        await receiving;
        sender.Socket.Shutdown(SocketShutdown.Both);
        await gateway.Process.ReachesAsync("""heartbeatgateway_connections_closed_total{reason="reader_idle"}""", Tries);
        await gateway.AssertRecoveredAsync();

        async Task<(TimeSpan Sent, TimeSpan? Ended)> ReceiveAsync()
        {
            using var receiver = new CrowdClient();
            await receiver.ConnectAsync(gateway.Port);
            await receiver.PingAsync();
            await receiver.Ended.WaitAsync(TimeSpan.FromSeconds(30), Time);
            Assert.True(receiver.Frames > 20, $"It received {receiver.Frames} frames.");
            return (TimeSpan.Zero, Time.GetElapsedTime(receiver.LastSent, receiver.EndedAt));
        }
    }
}
