using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Hostile;

/// <summary>A hundred thousand streams of hostile bytes over real sockets.</summary>
public sealed class HostileTests
{
    private const int Streams = 100_000;
    private const int Callers = 64;

    /// <summary>Streams before the first memory measurement: by then code is compiled and pools are filled.</summary>
    private const int WarmUp = 20_000;

    /// <summary>
    /// How much the heap may vary between two collections with 64 callers at work. Divided by the remaining 80,000 streams it is
    /// more than 800 bytes for each: a leak of that size per stream fails the test.
    /// </summary>
    private const long MemoryMargin = 64 * 1024 * 1024;

    private static readonly string[] Reasons =
    [
        "peer_closed", "peer_reset", "truncated", "bad_magic", "bad_length", "bad_date", "bad_hello", "token_invalid", "token_expired", "proxy_invalid", "replaced",
    ];

    private readonly ConcurrentDictionary<string, int> _ends = new(StringComparer.Ordinal);

    [Fact]
    public async Task Ends_a_hundred_thousand_hostile_streams_with_known_reasons_and_without_a_leak()
    {
        var seed = Environment.GetEnvironmentVariable("HOSTILE_SEED") is { Length: > 0 } given ? int.Parse(given, CultureInfo.InvariantCulture) : Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}: set HOSTILE_SEED={seed} to send the same streams again");
        await using var gateway = await WatchedGateway.StartAsync();
        var before = await gateway.Process.ScrapeAsync();
        var began = TimeProvider.System.GetTimestamp();
        byte[][] hellos = [.. Enumerable.Range(0, 16).Select(i => HostileBytes.GoodHello($"recorded-{i}"))];

        await SendAsync(gateway, seed, hellos, 0, WarmUp);
        var resident = gateway.ResidentBytes;
        await SendAsync(gateway, seed, hellos, WarmUp, Streams);
        var seconds = TimeProvider.System.GetElapsedTime(began).TotalSeconds;

        var opened = GatewayProcess.Metric(before, "heartbeatgateway_connections_opened_total");
        await gateway.Process.ReachesAsync("heartbeatgateway_connections_opened_total", opened + Streams, TimeSpan.FromSeconds(30));
        await gateway.AssertRecoveredAsync();
        var page = await gateway.Process.ScrapeAsync();
        var grown = gateway.ResidentBytes - resident;
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Streams} streams in {seconds:0.0} s; resident {resident / 1048576.0:0.0} MiB after {WarmUp}, {grown / 1048576.0:+0.0;-0.0} MiB at the end; "
            + $"slowest answer to the canary {gateway.Canary.Answers.Max().TotalMilliseconds:0} ms");
        TestContext.Current.TestOutputHelper?.WriteLine(
            string.Join(", ", Reasons.Append("internal_error").Select(r => $"{r} {Closed(page, r)}"))
            + "; seen by clients: " + string.Join(", ", _ends.OrderBy(e => e.Key).Select(e => $"{e.Key} {e.Value}")));
        Assert.All(Reasons, reason => Assert.True(Closed(page, reason) > 0, $"No stream ended as {reason}."));
        Assert.Equal(0, Closed(page, "internal_error"));
        Assert.Equal(SeriesOf(before), SeriesOf(page));
        Assert.True(grown <= MemoryMargin, $"{grown} bytes more are resident after the last {Streams - WarmUp} streams.");
    }

    private Task SendAsync(WatchedGateway gateway, int seed, byte[][] hellos, int from, int to) =>
        Parallel.ForAsync(from, to, new ParallelOptions { MaxDegreeOfParallelism = Callers }, async (i, _) =>
        {
            // A stream depends only on the seed and its number, not on the caller that sends it.
            var random = new Random(unchecked((seed * 1_000_003) + i));
            var end = await SendAsync(gateway.Process.EndPoint, new HostileBytes(random, hellos).Next(i), random, i);
            _ends.AddOrUpdate(end, 1, static (_, n) => n + 1);
        });

    /// <summary>Sends in one piece or two, then ends in one of four ways.</summary>
    private static async Task<string> SendAsync(IPEndPoint gateway, byte[] bytes, Random random, int i)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        // From many addresses, so that ports do not run out.
        socket.Bind(new IPEndPoint(new IPAddress([127, 0, 1, (byte)(1 + (i % 200))]), 0));
        await socket.ConnectAsync(gateway);
        try
        {
            var cut = random.Next(3) == 0 ? random.Next(bytes.Length + 1) : bytes.Length;
            if (cut > 0) await socket.SendAsync(bytes.AsMemory(0, cut));
            if (cut < bytes.Length) await socket.SendAsync(bytes.AsMemory(cut));
            switch (random.Next(4))
            {
                case 0:
                    socket.LingerState = new LingerOption(enable: true, seconds: 0);
                    return "reset by the client";
                case 1:
                    return "closed by the client";
                default:
                    // Half-close: the client sends FIN and waits until the gateway closes.
                    socket.Shutdown(SocketShutdown.Send);
                    var buffer = new byte[4096];
                    while (await socket.ReceiveAsync(buffer).WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System) > 0)
                    {
                        // Answers are discarded.
                    }

                    return "closed by the gateway";
            }
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown or SocketError.NotConnected)
        {
            // The gateway closed the connection first.
            return "reset by the gateway";
        }
    }

    private static double Closed(string page, string reason) => GatewayProcess.Metric(page, $"heartbeatgateway_connections_closed_total{{reason=\"{reason}\"}}");

    private static int SeriesOf(string page) => page.Split('\n').Count(l => l.StartsWith("heartbeatgateway_", StringComparison.Ordinal));
}
