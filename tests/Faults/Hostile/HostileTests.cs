using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Hostile;

/// <summary>
/// Thousands of streams of hostile bytes over real sockets. On a TLS port, a third of them is sent inside TLS, a third instead of TLS, and a third
/// below TLS: after a complete handshake, without encryption.
/// </summary>
public sealed class HostileTests
{
    private const int Callers = 64;

    /// <summary>One of so many streams is sent before the first memory measurement: by then code is compiled and pools are filled.</summary>
    private const int WarmUp = 5;

    /// <summary>
    /// How much the heap may vary between two collections with 64 callers at work. Divided by the remaining 80,000 streams it is
    /// more than 800 bytes for each: a leak of that size per stream fails the test. Over TLS <see cref="MemoryTests"/> is more exact.
    /// </summary>
    private const long MemoryMargin = 64 * 1024 * 1024;

    private static readonly string[] Reasons =
    [
        "peer_closed", "peer_reset", "truncated", "bad_magic", "bad_length", "bad_date", "bad_hello", "token_invalid", "token_expired", "proxy_invalid", "replaced",
    ];

    /// <summary>Over TLS with fewer streams no two of one client id need to meet.</summary>
    private static readonly string[] TlsReasons = [.. Reasons.Except(["replaced"]), "tls_failed"];

    private readonly ConcurrentDictionary<string, int> _ends = new(StringComparer.Ordinal);

    [Theory]
    [InlineData(false, 100_000)]
    [InlineData(true, 12_000, Traits = ["Transport", "tls"])]
    public async Task Ends_hostile_streams_with_known_reasons_and_without_a_leak(bool tls, int streams)
    {
        var seed = Environment.GetEnvironmentVariable("HOSTILE_SEED") is { Length: > 0 } given ? int.Parse(given, CultureInfo.InvariantCulture) : Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}: set HOSTILE_SEED={seed} to send the same streams again");
        await using var gateway = await WatchedGateway.StartAsync(tls);
        var before = await gateway.Process.ScrapeAsync();
        var began = TimeProvider.System.GetTimestamp();
        byte[][] hellos = [.. Enumerable.Range(0, 16).Select(i => HostileBytes.GoodHello($"recorded-{i}"))];

        await SendAsync(gateway, seed, hellos, 0, streams / WarmUp);
        var resident = gateway.ResidentBytes;
        await SendAsync(gateway, seed, hellos, streams / WarmUp, streams);
        var seconds = TimeProvider.System.GetElapsedTime(began).TotalSeconds;

        var opened = GatewayProcess.Metric(before, "heartbeatgateway_connections_opened_total");
        await gateway.Process.ReachesAsync("heartbeatgateway_connections_opened_total", opened + streams, TimeSpan.FromSeconds(30));
        await gateway.AssertRecoveredAsync();
        var page = await gateway.Process.ScrapeAsync();
        var grown = gateway.ResidentBytes - resident;
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{streams} streams in {seconds:0.0} s; resident {resident / 1048576.0:0.0} MiB after {streams / WarmUp}, {grown / 1048576.0:+0.0;-0.0} MiB at the end; "
            + $"slowest answer to the canary {gateway.Canary.Answers.Max().TotalMilliseconds:0} ms");
        TestContext.Current.TestOutputHelper?.WriteLine(
            string.Join(", ", TlsReasons.Append("internal_error").Select(r => $"{r} {Closed(page, r)}"))
            + "; seen by clients: " + string.Join(", ", _ends.OrderBy(e => e.Key).Select(e => $"{e.Key} {e.Value}")));
        Assert.All(tls ? TlsReasons : Reasons, reason => Assert.True(Closed(page, reason) > 0, $"No stream ended as {reason}."));
        var faults = gateway.Process.Lines.Where(l => l.Contains("internal_error", StringComparison.Ordinal) || l.Contains("ConnectionFailed", StringComparison.Ordinal));
        Assert.True(Closed(page, "internal_error") == 0, $"{Closed(page, "internal_error")} streams ended as internal_error:\n{string.Join('\n', faults.Take(5))}");
        Assert.Equal(SeriesOf(before), SeriesOf(page));
        Assert.True(grown <= MemoryMargin, $"{grown} bytes more are resident after the last {streams - (streams / WarmUp)} streams.");
    }

    private Task SendAsync(WatchedGateway gateway, int seed, byte[][] hellos, int from, int to) =>
        Parallel.ForAsync(from, to, new ParallelOptions { MaxDegreeOfParallelism = Callers }, async (i, _) =>
        {
            // A stream depends only on the seed and its number, not on the caller that sends it.
            var random = new Random(unchecked((seed * 1_000_003) + i));
            var end = await SendAsync(gateway.Port, new HostileBytes(random, hellos).Next(i), random, i);
            _ends.AddOrUpdate(end, 1, static (_, n) => n + 1);
        });

    /// <summary>Sends in one piece or two, then ends in one of four ways.</summary>
    private static async Task<string> SendAsync(ClientPort gateway, byte[] bytes, Random random, int i)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        // From many addresses, so that ports do not run out.
        socket.Bind(new IPEndPoint(new IPAddress([127, 0, 1, (byte)(1 + (i % 200))]), 0));
        await socket.ConnectAsync(gateway.EndPoint);
        // Each kind of bytes in each place.
        var place = i / HostileBytes.Kinds % 3;
        await using var tls = gateway.IsTls && place != 1 ? await gateway.SecureAsync(socket, ownsSocket: false) : null;
        await using var below = new NetworkStream(socket, ownsSocket: false);
        Stream stream = place == 0 && tls is not null ? tls : below;
        try
        {
            var cut = random.Next(3) == 0 ? random.Next(bytes.Length + 1) : bytes.Length;
            if (cut > 0) await stream.WriteAsync(bytes.AsMemory(0, cut));
            if (cut < bytes.Length) await stream.WriteAsync(bytes.AsMemory(cut));
            switch (random.Next(4))
            {
                case 0:
                    socket.LingerState = new LingerOption(enable: true, seconds: 0);
                    return "reset by the client";
                case 1:
                    return "closed by the client";
                default:
                    // Half-close: the client sends FIN and waits until the gateway closes; over TLS half of them say so before the FIN.
                    if (stream == tls && i % 2 == 0) await tls.ShutdownAsync();
                    socket.Shutdown(SocketShutdown.Send);
                    var buffer = new byte[4096];
                    while (await stream.ReadAsync(buffer).AsTask().WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System) > 0)
                    {
                        // Answers are discarded.
                    }

                    return "closed by the gateway";
            }
        }
        catch (Exception e) when ((e as SocketException ?? e.InnerException as SocketException)?.SocketErrorCode
            is SocketError.ConnectionReset or SocketError.Shutdown or SocketError.NotConnected)
        {
            // The gateway closed the connection first.
            return "reset by the gateway";
        }
    }

    private static double Closed(string page, string reason) => GatewayProcess.Metric(page, $"heartbeatgateway_connections_closed_total{{reason=\"{reason}\"}}");

    private static int SeriesOf(string page) => page.Split('\n').Count(l => l.StartsWith("heartbeatgateway_", StringComparison.Ordinal));
}
