using System.Text;
using HeartbeatGateway.Cli.Frames;
using HeartbeatGateway.Cli.Proxy;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Cli.Tests.Proxy;

public sealed class FrameTapTests
{
    private const int MaxContent = 64;

    private readonly List<string> _seen = [];

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(158)]
    [InlineData(1000)]
    public void Frames_are_found_however_their_bytes_arrive(int chunk)
    {
        byte[] stream = [.. Frame("ping", ""), .. "GET / HTTP/1.1\r\n"u8, .. Frame("message", "hello"), .. Frame("hello", "x")[..100]];
        var tap = Feed(stream, chunk);
        Assert.Equal("0: ping 158 ok", _seen[0]);
        Assert.StartsWith("158: stray", _seen[1], StringComparison.Ordinal);
        Assert.Contains("174: message 163 ok", _seen);
        Assert.Equal("337: hello 100 wrong", _seen[^1]);
        // The stray bytes that follow the shown ones are counted, none is lost.
        Assert.Equal(16, _seen.Where(s => s.Contains("stray", StringComparison.Ordinal)).Sum(s => int.Parse(s.Split(' ')[2])));
        Assert.Equal(new ProxyTraffic(stream.Length, 2, 2), tap.Traffic);
    }

    [Fact]
    public void A_wrong_length_is_reported_at_once_and_reading_continues_at_the_next_magic()
    {
        var wrong = Frame("ping", "");
        wrong[4] = 0x7F;
        var tap = Feed([.. wrong, .. Frame("message", "x")], 1000);
        Assert.Equal(["0: ping 158 wrong", "158: message 159 ok"], _seen);
        Assert.Equal(1, tap.Traffic.NotValid);
    }

    [Fact]
    public void A_long_sequence_of_other_bytes_is_shown_once_and_counted()
    {
        var stray = new byte[1_000_000];
        stray.AsSpan().Fill((byte)'x');
        var tap = Feed(stray, 16_384);
        Assert.Equal(["0: stray 64 wrong", "more stray 999936"], _seen);
        Assert.Equal(1, tap.Traffic.NotValid);
    }

    [Fact]
    public void The_largest_frame_passes_and_one_byte_more_does_not()
    {
        Feed([.. Frame("message", new string('a', MaxContent)), .. Frame("message", new string('a', MaxContent + 1))], 50);
        Assert.Equal($"0: message {158 + MaxContent} ok", _seen[0]);
        Assert.Contains("wrong", _seen[1], StringComparison.Ordinal);
    }

    private static byte[] Frame(string type, string content) => TestTokens.Settings().Signer(TokenRole.Client)
        .Encode(Encoding.UTF8.GetBytes(type), Encoding.UTF8.GetBytes(content), 1_795_341_600).ToArray();

    private FrameTap Feed(byte[] stream, int chunk)
    {
        var settings = new ExplainSettings { Now = 1_795_341_600, MaxContentBytes = MaxContent };
        var tap = new FrameTap(
            bytes => Assert.Single(FrameExplainer.Explain(bytes.Span, settings)),
            MaxContent,
            (offset, _, part) => _seen.Add($"{offset}: {(part.IsFrame ? part.Type : "stray")} {part.Length} {(part.IsValid ? "ok" : "wrong")}"),
            count => _seen.Add($"more stray {count}"));
        foreach (var bytes in stream.Chunk(chunk)) tap.Feed(bytes);
        tap.End();
        return tap;
    }
}
