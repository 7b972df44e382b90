using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Draining;

/// <summary>A gateway that gets a second SIGTERM while it drains.</summary>
public sealed class SecondStopSignalTests
{
    private const int Echoes = 4;
    private const int EchoBytes = 60_000;

    private readonly TimeProvider _time = TimeProvider.System;

    [Theory]
    [InlineData(false, 10_000, 50)]
    [InlineData(true, 500, 20, Traits = ["Transport", "tls"])]
    public async Task Closes_all_clients_within_seconds_of_a_second_signal_and_still_delivers_pending_frames(bool tls, int clients, int slow)
    {
        await using var gateway = await WatchedGateway.StartFaultHostAsync(
            tls,
            ("Gateway__Draining__Duration", "00:10:00"), ("Serilog__MinimumLevel__Override__HeartbeatGateway.Server", "Information"));
        await using var crowd = await Crowd.ConnectAsync(gateway.Port, clients, (client, i) => client.HelloAsync($"pump-{i:00000}"));
        crowd.StartHeartbeats(TimeSpan.FromSeconds(5));
        await crowd.WaitForFramesAsync(1, TimeSpan.FromSeconds(30));
        // Each is sent more than the kernel buffers hold, and does not read until the gateway is stopping.
        await using var readers = await Crowd.ConnectAsync(gateway.Port, slow, (client, i) => client.HelloAsync($"reader-{i}"), reads: false);
        for (var echoes = 1; echoes <= Echoes; echoes++)
        {
            foreach (var reader in readers.Clients) await reader.SendFrameAsync("echo", new byte[EchoBytes]);
            await gateway.Process.ReachesAsync("heartbeatgateway_messages_total{outcome=\"accepted\"}", slow * echoes);
        }

        var pending = await gateway.Process.MetricAsync("heartbeatgateway_outbound_pending_bytes");
        Assert.True(pending > slow * EchoBytes, $"Only {pending} bytes are pending for {slow} clients.");

        using var watch = new StallWatch();
        gateway.Process.Signal("TERM");
        await gateway.Process.SawAsync("EngineStopping");
        var asked = _time.GetTimestamp();
        gateway.Process.Signal("TERM");
        await gateway.Process.SawAsync("StopAskedAgain");
        var read = await Task.WhenAll(readers.Clients.Select(ReadToEndAsync));
        await Task.WhenAll(crowd.Clients.Select(c => c.Ended)).WaitAsync(TimeSpan.FromSeconds(20), _time);
        Assert.Equal(0, await gateway.Process.ExitCodeAsync(TimeSpan.FromSeconds(20)));
        var took = _time.GetElapsedTime(asked);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{clients} clients, {pending / 1024:0} KiB pending for {slow} more; process ended {took.TotalSeconds:0.0} s after the second signal");
        Assert.True(took < TimeSpan.FromSeconds(6) + watch.Longest(asked), $"The stop took {took}.");

        await gateway.Process.SawAsync("EngineStopped");
        Assert.All(crowd.Clients, c => Assert.Equal(CrowdEnd.Finished, c.End));
        Assert.All(crowd.Clients, c => Assert.Equal("close", c.LastFrame?.Type));
        foreach (var frames in read) Assert.Equal(["welcome", .. Enumerable.Repeat("echo", Echoes), "close"], frames);
    }

    /// <summary>Reads everything for a client that has not read so far; returns the types of all frames. Each frame is complete.</summary>
    private static async Task<List<string>> ReadToEndAsync(CrowdClient client)
    {
        var frames = new FrameStream(client.ReceiveAsync);
        var types = new List<string>();
        while (await frames.ReadAsync() is { } frame)
        {
            types.Add(frame.Type);
            Assert.Equal(frame.Type == "echo" ? EchoBytes : frame.Content.Length, frame.Content.Length);
        }

        client.Dispose();
        return types;
    }
}
