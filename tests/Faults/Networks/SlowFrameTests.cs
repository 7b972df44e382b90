using System.Net.Sockets;
using System.Text;
using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Faults.Tests.Networks;

/// <summary>Frames that take their time, and clients that only listen, on a real clock.</summary>
public sealed class SlowFrameTests
{
    private const int FourMebibytes = 4 * 1024 * 1024;

    /// <summary>Storms of thousands of clients have the same processors meanwhile (Lane=quiet).</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(1);
    private static readonly TimeProvider Time = TimeProvider.System;

    [Fact]
    public async Task Time_for_a_frame_grows_with_its_length_and_a_listener_is_silent()
    {
        await using var gateway = await WatchedGateway.StartFaultHostAsync(("Gateway__Frames__MaxContentBytes", $"{FourMebibytes}"), ("Gateway__Heartbeat__ReaderIdle", "00:00:07"));
        var gatewayEnd = gateway.Process.EndPoint;
        var results = await Task.WhenAll(
            // A ping is small: ten seconds for it, however it drips.
            SendAsync(TestSecrets.ClientKeyring().Keys[0].Bare.Ping(Now()).ToArray(), pieceBytes: 1, every: TimeSpan.FromSeconds(1)),
            // Ten seconds, and sixty-four for four mebibytes at 64 KiB a second: twenty are plenty.
            SendAsync(Message(FourMebibytes), pieceBytes: FourMebibytes / 200, every: TimeSpan.FromMilliseconds(100)));
        TestContext.Current.TestOutputHelper?.WriteLine($"byte a second: ended after {results[0].Ended?.TotalSeconds:0.000} s; 4 MiB: sent in {results[1].Sent.TotalSeconds:0.000} s");
        Assert.InRange(results[0].Ended!.Value, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10) + Tolerance);
        Assert.Null(results[1].Ended);
        Assert.InRange(results[1].Sent, TimeSpan.FromSeconds(19), TimeSpan.FromSeconds(30));

        // 1 MiB may take 26 s: at half the rate that would be needed it does not get there.
        var tooSlow = await SendAsync(Message(1024 * 1024), pieceBytes: 1024 * 1024 / 600, every: TimeSpan.FromMilliseconds(100));
        TestContext.Current.TestOutputHelper?.WriteLine($"1 MiB in a minute: ended after {tooSlow.Ended?.TotalSeconds:0.000} s");
        Assert.InRange(tooSlow.Ended!.Value, TimeSpan.FromSeconds(26), TimeSpan.FromSeconds(26) + Tolerance);

        var page = await gateway.Process.ReachesAsync("""heartbeatgateway_connections_closed_total{reason="frame_timeout"}""", 2);
        Assert.Equal(2, GatewayProcess.Metric(page, """heartbeatgateway_timeouts_total{kind="frame"}"""));
        await gateway.AssertRecoveredAsync();

        static long Now() => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        static ReadOnlyMemory<byte> Message(int bytes) => TestSecrets.ClientKeyring().Keys[0].Bare.Encode("message"u8, new byte[bytes], Now());

        async Task<(TimeSpan Sent, TimeSpan? Ended)> SendAsync(ReadOnlyMemory<byte> frame, int pieceBytes, TimeSpan every)
        {
            using var client = new CrowdClient();
            await client.ConnectAsync(gatewayEnd);
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
            // It lives: it is answered again behind the large frame.
            await client.PingAsync();
            while (client.Frames < 2 && client.End == CrowdEnd.StillOpen) await Task.Delay(TimeSpan.FromMilliseconds(10), Time);
            return (took, client.End == CrowdEnd.StillOpen ? null : Time.GetElapsedTime(began, client.EndedAt));
        }
    }

    [Fact]
    public async Task A_client_that_only_receives_is_closed_at_its_limit()
    {
        await using var gateway = await WatchedGateway.StartFaultHostAsync();
        using var speaker = new CrowdClient();
        using var listener = new CrowdClient();
        await speaker.ConnectAsync(gateway.Process.EndPoint);
        await listener.ConnectAsync(gateway.Process.EndPoint);
        await listener.PingAsync();
        while (!listener.Ended.IsCompleted)
        {
            await speaker.SendFrameAsync("broadcast", Encoding.UTF8.GetBytes("news"));
            await Task.WhenAny(listener.Ended, Task.Delay(TimeSpan.FromMilliseconds(200), Time));
        }

        var silence = Time.GetElapsedTime(listener.LastSent, listener.EndedAt);
        TestContext.Current.TestOutputHelper?.WriteLine($"closed after {silence.TotalSeconds:0.000} s of its silence, with {listener.Frames} frames received");
        Assert.InRange(silence, TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(7) + Tolerance);
        Assert.True(listener.Frames > 20);
        speaker.Socket.Shutdown(SocketShutdown.Both);
        await gateway.Process.ReachesAsync("""heartbeatgateway_connections_closed_total{reason="reader_idle"}""", 1);
        await gateway.AssertRecoveredAsync();
    }
}
