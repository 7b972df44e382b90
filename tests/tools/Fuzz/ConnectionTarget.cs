using System.Net;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Fuzz;

/// <summary>
/// A client's whole connection to an engine. The first byte selects scheme, resync, PROXY, pauses and the way the connection ends.
/// The second byte selects the size of the pieces. The connection must end, for one reason that is not <c>internal_error</c>, and the
/// metrics must balance.
/// </summary>
internal sealed class ConnectionTarget(Func<EngineHarness, IFuzzedClient> connect) : IFuzzTarget
{
    private static readonly TimeSpan ToEnd = TimeSpan.FromSeconds(20);
    private static readonly string[] Schemes = ["none", "hmac-sha256", "digest"];

    public IEnumerable<(string Name, byte[] Input)> Seeds
    {
        get
        {
            // Without tokens first, so that mutated frames are still accepted. Then all combinations of the options.
            foreach (var (name, frame) in SeedFrames.All) yield return (name, [0, 50, .. frame, .. SeedFrames.Ping]);
            var hello = SeedFrames.Of("hello", """{"clientId":"c","nonce":"0123456789abcdef","features":["close"]}""");
            for (byte options = 0; options < 64; options++)
            {
                yield return ($"options-{options}", [options, 200, .. SeedFrames.Ping, .. hello, .. SeedFrames.Of("message", "x")]);
            }

            byte[] acknowledged = [.. SeedFrames.HelloWithAck, .. SeedFrames.Numbered("ack", "", 0), .. SeedFrames.Numbered("message", "a", 1), .. SeedFrames.Numbered("message", "c", 3)];
            foreach (var options in (byte[])[1, 2, 17, 33, 49]) yield return ($"acknowledged-{options}", [options, 200, .. acknowledged, .. SeedFrames.Numbered("message", "a", 1)]);
            yield return ("proxied", [8, 20, .. "PROXY TCP4 203.0.113.9 192.0.2.2 1000 8081\r\n"u8, .. SeedFrames.Ping]);
        }
    }

    public void Run(byte[] input)
    {
        if (input.Length < 2) return;
        RunAsync(input[0], 1 + input[1], input.AsMemory(2)).GetAwaiter().GetResult();
    }

    private async Task RunAsync(byte options, int size, ReadOnlyMemory<byte> bytes)
    {
        using var gateway = new EngineHarness(o =>
        {
            o.Tokens.Scheme = Schemes[options % 4 % Schemes.Length];
            o.Tokens.LogSignedBytes = true;
            o.Frames.Resync = (options & 4) != 0 ? Protocol.Frames.FrameResync.Scan : Protocol.Frames.FrameResync.Strict;
            if ((options & 8) != 0) o.Proxy.TrustedNetworks = [$"{EngineHarness.DefaultAddress}/32", $"{IPAddress.Loopback}/32"];
        });
        gateway.Time.SetUtcNow(DateTimeOffset.FromUnixTimeSeconds(SeedFrames.Now));
        using var client = connect(gateway);
        for (var at = 0; at < bytes.Length && !client.Handler.IsCompleted; at += size)
        {
            await client.SendAsync(bytes.Slice(at, Math.Min(size, bytes.Length - at)));
            client.DiscardAnswers();
            if ((options & 16) != 0) gateway.Advance(TimeSpan.FromMilliseconds(100));
        }

        client.End(isReset: (options & 32) != 0);
        await client.Handler.WaitAsync(ToEnd, TimeProvider.System);
        gateway.AssertBalanced();
        var ends = CloseReasons.All.Where(r => r.CanEndAdmitted() && gateway.Closed(r.ToWireName()) > 0).ToList();
        if (ends is not [var reason] || reason == CloseReason.InternalError) throw new FuzzException($"The connection ended as {string.Join(", ", ends)}.");
        if (gateway.Engine.OpenConnections != 0) throw new FuzzException("The connection is still in the connection table.");
    }
}
