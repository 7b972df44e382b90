using BenchmarkDotNet.Attributes;
using HeartbeatGateway.Benchmarks.Running;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Benchmarks;

/// <summary>Verifying a frame's token and date.</summary>
public class TokenBenchmarks
{
    /// <summary>More seconds than the keyring caches pings for, so that no ping is cached when it is verified again.</summary>
    private const int Seconds = 4096;

    private readonly TokenKeyring _hmac = Frames.Keyring(TokenRole.Gateway);
    private readonly TokenKeyring _digest = Frames.Keyring(TokenRole.Gateway, TokenScheme.Digest);
    private readonly byte[] _ping = Frames.Ping();
    private readonly byte[] _digestPing = Frames.Ping(scheme: TokenScheme.Digest);
    private readonly byte[] _wrong = Frames.Ping();
    private byte[][] _pings = [];
    private byte[][] _digestPings = [];
    private int _next;

    [GlobalSetup]
    public void Setup()
    {
        // The last character of the token is compared last.
        _wrong[100] ^= 1;
        _pings = [.. Enumerable.Range(0, Seconds).Select(i => Frames.Ping(Frames.Date + i))];
        _digestPings = [.. Enumerable.Range(0, Seconds).Select(i => Frames.Ping(Frames.Date + i, TokenScheme.Digest))];
    }

    /// <summary>Every ping of a second except the first.</summary>
    [Benchmark]
    [Allocates(0)]
    public TokenOutcome HmacPing() => Verify(_hmac, _ping, Frames.Date);

    /// <summary>The first ping of a second, which computes the hash.</summary>
    [Benchmark]
    [Allocates(128)]
    public TokenOutcome HmacFirstPingOfASecond() => VerifyNext(_hmac, _pings);

    [Benchmark]
    [Allocates(0)]
    public TokenOutcome HmacWrongToken() => Verify(_hmac, _wrong, Frames.Date);

    [Benchmark]
    [Allocates(0)]
    public TokenOutcome DigestPing() => Verify(_digest, _digestPing, Frames.Date);

    [Benchmark]
    [Allocates(320)]
    public TokenOutcome DigestFirstPingOfASecond() => VerifyNext(_digest, _digestPings);

    private static TokenOutcome Verify(TokenKeyring keyring, byte[] ping, long now) => keyring.Verify(Frames.Of(ping), now).Outcome;

    private TokenOutcome VerifyNext(TokenKeyring keyring, byte[][] pings)
    {
        var index = _next++ % Seconds;
        return Verify(keyring, pings[index], Frames.Date + index);
    }
}
