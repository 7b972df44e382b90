using System.Buffers;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tests.Support;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Protocol.Tests.Tokens;

public class PingTokenCacheTests
{
    [Theory]
    [InlineData(TokenScheme.HmacSha256, false)]
    [InlineData(TokenScheme.HmacSha256, true)]
    [InlineData(TokenScheme.Digest, false)]
    [InlineData(TokenScheme.None, false)]
    public void Verifies_and_answers_plain_pings_without_allocating_in_steady_state(TokenScheme scheme, bool named)
    {
        var clients = Keyrings.Of(scheme, "Europe/Berlin", TokenRole.Client).Keys[0];
        var pings = new byte[4][];
        for (var i = 0; i < pings.Length; i++) pings[i] = (named ? clients.Named : clients.Bare).Ping(TestFrame.Now - i).ToArray();
        var gateway = Keyrings.Of(scheme, "Europe/Berlin");
        Assert.Equal(200, Answer(gateway, pings, 200));

        var before = GC.GetAllocatedBytesForCurrentThread();
        var answered = Answer(gateway, pings, 20_000);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(20_000, answered);
        Assert.Equal(0, allocated);
    }

    [Fact]
    public void Only_NUL_padded_pings_without_content_are_plain()
    {
        Assert.True(IsPlain(TestFrame.Ping()));
        Assert.False(IsPlain(TestFrame.Ping() with { Content = [1] }));
        Assert.False(IsPlain(TestFrame.Ping() with { Type = "ping "u8.ToArray() }));
        Assert.False(IsPlain(TestFrame.Ping(TestFrame.NowText + " ")));
        Assert.False(IsPlain(TestFrame.Ping(TestFrame.NowText + " n=1")));
        Assert.False(IsPlain(TestFrame.Ping() with { Created = [.. "2026-11-22 10:00:00"u8, .. new byte[30], 1] }));
        Assert.False(IsPlain(TestFrame.Message("")));
    }

    [Fact]
    public void Verifies_correctly_when_dates_share_a_cache_slot()
    {
        var options = new TokenKeyringOptions { Secrets = [new TokenSecret("k1", TestFrame.Secret)], MaxAge = TimeSpan.FromHours(3) };
        var keyring = new TokenKeyring(options, TokenRole.Gateway);
        foreach (var offset in (long[])[0, 1024, 2048, 0, -1024, 4096, 1, 1025, 0])
        {
            var signed = Keyrings.Client.Keys[0].Bare.Ping(TestFrame.Now + offset).ToArray();
            Assert.True(TestFrame.Verify(keyring, signed).IsVerified);
            signed[60] = signed[60] == (byte)'A' ? (byte)'B' : (byte)'A';
            Assert.Equal(TokenOutcome.Mismatch, TestFrame.Verify(keyring, signed).Outcome);
        }
    }

    private static int Answer(TokenKeyring keyring, byte[][] pings, int times)
    {
        Span<byte> scratch = stackalloc byte[FrameFormat.HeaderLength];
        var reader = default(FrameReader);
        var answered = 0;
        for (var i = 0; i < times; i++)
        {
            var buffer = new ReadOnlySequence<byte>(pings[i % pings.Length]);
            if (reader.TryRead(ref buffer, scratch, 65536, FrameResync.Strict, out var frame) != FrameReadStatus.Complete) continue;
            var verdict = keyring.Verify(frame, TestFrame.Now);
            if (verdict.IsVerified && verdict.Signer!.Ping(TestFrame.Now).Length == 158) answered++;
        }

        return answered;
    }

    private static bool IsPlain(TestFrame frame)
    {
        var buffer = new ReadOnlySequence<byte>(frame.ToBytes());
        default(FrameReader).TryRead(ref buffer, new byte[158], 65536, FrameResync.Strict, out var read);
        return PingTokenCache.IsPlainPing(read);
    }
}
