using System.Text;
using CsCheck;
using HeartbeatGateway.Server.Frames;

namespace HeartbeatGateway.Server.Tests.Frames;

public sealed class HelloReplayGuardTests
{
    [Fact]
    public void A_token_is_remembered_for_as_long_as_it_could_be_accepted_again_and_no_longer()
    {
        var guard = new HelloReplayGuard(second: 1);
        Assert.True(Accept(guard, Token(1), 1_000, 600));
        Assert.False(Accept(guard, Token(1), 1_000, 600));
        Assert.False(Accept(guard, Token(1), 1_600, 600));
        Assert.True(Accept(guard, Token(1), 1_601, 600));
        Assert.False(Accept(guard, Token(1), 1_601, 600));
    }

    [Fact]
    public void The_key_id_prefix_does_not_make_a_token_different()
    {
        var guard = new HelloReplayGuard(second: 1);
        Assert.True(Accept(guard, Token(1), 0, 600));
        Assert.False(Accept(guard, [.. "k1."u8, .. Token(1)], 0, 600));
        Assert.True(Accept(guard, [.. "k1."u8, .. Token(2)], 0, 600));
        Assert.False(Accept(guard, [.. "k2."u8, .. Token(2)], 0, 600));
        Assert.False(Accept(guard, Token(2), 0, 600));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(7)]
    public void Beyond_the_bound_the_oldest_token_is_forgotten(int capacity)
    {
        var guard = new HelloReplayGuard(second: 1, capacity);
        for (var i = 0; i < 100; i++) Assert.True(Accept(guard, Token(i), i, 1_000_000));
        Assert.False(Accept(guard, Token(99), 100, 1_000_000));
        Assert.True(Accept(guard, Token(99 - capacity), 100, 1_000_000));
        Assert.False(Accept(guard, Token(99), 100, 1_000_000));
    }

    [Fact]
    public void A_replay_evicts_no_token()
    {
        var guard = new HelloReplayGuard(second: 1, capacity: 3);
        for (var i = 0; i < 3; i++) Assert.True(Accept(guard, Token(i), i, 1_000_000));
        for (var i = 2; i >= 0; i--) Assert.False(Accept(guard, Token(i), 3, 1_000_000), $"Token {i} of 3 was accepted twice.");
    }

    [Fact]
    public void Of_many_threads_with_the_same_token_only_one_is_accepted()
    {
        var guard = new HelloReplayGuard(second: 1);
        for (var round = 0; round < 200; round++)
        {
            var token = Token(round);
            var accepted = 0;
            Parallel.For(0, 8, _ =>
            {
                if (Accept(guard, token, 0, 600)) Interlocked.Increment(ref accepted);
            });
            Assert.Equal(1, accepted);
        }
    }

    [Fact]
    public void Any_series_of_tokens_gives_the_same_results_as_a_dictionary() =>
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 40]).Array[1, 60].Sample(steps =>
        {
            var guard = new HelloReplayGuard(second: 1);
            var acceptedAt = new Dictionary<int, long>();
            var now = 0L;
            foreach (var (token, wait) in steps)
            {
                now += wait;
                var isFresh = !acceptedAt.TryGetValue(token, out var at) || now - at > 100;
                if (Accept(guard, Token(token), now, 100) != isFresh) return false;
                if (isFresh) acceptedAt[token] = now;
            }

            return true;
        });

    /// <summary>The wall clock goes as the monotonic clock does, and a unit of time is a second.</summary>
    private static bool Accept(HelloReplayGuard guard, ReadOnlySpan<byte> token, long now, long validFor) => guard.TryAccept("k1", token, now, now, validFor);

    private static byte[] Token(int number) => Encoding.ASCII.GetBytes($"{number:D5}abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL");
}
