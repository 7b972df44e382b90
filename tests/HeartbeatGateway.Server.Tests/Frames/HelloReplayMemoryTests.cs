using System.Text;
using HeartbeatGateway.Server.Frames;

namespace HeartbeatGateway.Server.Tests.Frames;

/// <summary>What the guard against replayed hellos remembers when clocks step, and what it forgets when memory is short.</summary>
public sealed class HelloReplayMemoryTests
{
    private const int Valid = 301;
    private const int Start = 1_795_000_000;

    [Theory]
    [InlineData(10, 400, -300)]
    [InlineData(10, 302, -5)]
    [InlineData(10, 86_400, -86_100)]
    [InlineData(7_200, 8_000, -8_100)]
    public void A_token_that_a_step_of_the_clock_makes_valid_again_is_refused(int stepAt, int later, int step)
    {
        var guard = new HelloReplayGuard(second: 1);
        Assert.True(guard.TryAccept("k1", Token(0), 0, Start, Valid));
        // Other hellos, by which the guard forgets what is too old.
        for (var i = 1; i <= 10; i++) Assert.True(guard.TryAccept("k1", Token(i), stepAt + i, Start + stepAt + i, Valid));
        Assert.True(guard.TryAccept("k1", Token(11), later, Start + later, Valid));
        Assert.True(guard.TryAccept("k1", Token(12), later + 1, Start + later + 1 + step, Valid));
        Assert.False(guard.TryAccept("k1", Token(0), later + 1, Start + later + 1 + step, Valid - later - 1 - step));
    }

    [Fact]
    public void A_clock_that_is_set_forward_and_back_forgets_no_token()
    {
        var guard = new HelloReplayGuard(second: 1);
        Assert.True(guard.TryAccept("k1", Token(0), 0, Start, Valid));
        Assert.True(guard.TryAccept("k1", Token(1), 10, Start + 7_210, Valid));
        Assert.False(guard.TryAccept("k1", Token(0), 20, Start + 20, Valid - 20));
        Assert.False(guard.TryAccept("k1", Token(1), 7_220, Start + 7_220, Valid - 10));
    }

    [Fact]
    public void A_step_of_seconds_is_no_replay_either_when_more_tokens_are_remembered_than_are_kept_for_longer()
    {
        var guard = new HelloReplayGuard(second: 1);
        for (var i = 0; i < 100_000; i++) Assert.True(guard.TryAccept("k1", Token(i), 0, Start, Valid));
        Assert.True(guard.TryAccept("k1", Token(100_000), Valid + 1, Start + Valid + 1, Valid));
        for (var i = 0; i < 100; i++) Assert.False(guard.TryAccept("k1", Token(i), Valid + 2, Start + Valid - 5, 5));
    }

    [Fact]
    public void A_flood_under_one_key_makes_no_other_key_forget_a_token()
    {
        var guard = new HelloReplayGuard(second: 1, capacity: 1000);
        for (var i = 0; i < 300; i++) Assert.True(guard.TryAccept("quiet", Token(i), 0, Start, Valid));
        for (var i = 1000; i < 6000; i++) Assert.True(guard.TryAccept("flood", Token(i), 1, Start + 1, Valid));
        for (var i = 0; i < 300; i++) Assert.False(guard.TryAccept("quiet", Token(i), 2, Start + 2, Valid), $"Token {i} was forgotten.");

        // A key that comes later takes its share from the flood.
        for (var i = 10_000; i < 10_330; i++) Assert.True(guard.TryAccept("late", Token(i), 3, Start + 3, Valid));
        for (var i = 11_000; i < 15_000; i++) Assert.True(guard.TryAccept("flood", Token(i), 4, Start + 4, Valid));
        for (var i = 10_000; i < 10_330; i++) Assert.False(guard.TryAccept("late", Token(i), 5, Start + 5, Valid), $"Token {i} was forgotten.");
        for (var i = 0; i < 300; i++) Assert.False(guard.TryAccept("quiet", Token(i), 5, Start + 5, Valid), $"Token {i} was forgotten.");
        Assert.False(guard.TryAccept("flood", Token(14_999), 6, Start + 6, Valid));
    }

    [Fact]
    public void One_secret_under_two_key_ids_accepts_a_hello_once()
    {
        var guard = new HelloReplayGuard(second: 1);
        Assert.True(guard.TryAccept("k1", Token(1), 0, Start, Valid));
        Assert.False(guard.TryAccept("k2", Token(1), 0, Start, Valid));
        Assert.False(guard.TryAccept("k2", [.. "k2."u8, .. Token(1)], 0, Start, Valid));
    }

    [Fact]
    public void Its_memory_is_bounded_in_bytes_and_given_back_after_a_burst()
    {
        var guard = new HelloReplayGuard(second: 1);
        Assert.Equal(36 * 1024 * 1024, guard.MaxBytes);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < 1_200_000; i++) Assert.True(guard.TryAccept("k1", Token(i), i / 10_000, Start + (i / 10_000), Valid));
        Assert.Equal(guard.MaxBytes, guard.Bytes);
        // Less than half of what is measured is other tests' work, which runs beside this one.
        var taken = GC.GetTotalMemory(forceFullCollection: true) - before;
        TestContext.Current.TestOutputHelper?.WriteLine($"{taken / 1024.0 / 1024:0.0} MiB for {HelloReplayGuard.DefaultCapacity} tokens");
        Assert.False(guard.TryAccept("k1", Token(1_199_999), 120, Start + 120, Valid));
        Assert.False(guard.TryAccept("k1", Token(1_200_000 - HelloReplayGuard.DefaultCapacity), 120, Start + 120, Valid));

        Assert.True(guard.TryAccept("k1", Token(2_000_000), 1_000, Start + 1_000, Valid));
        Assert.InRange(guard.Bytes, 0, 1024 * 1024);
        Assert.False(guard.TryAccept("k1", Token(2_000_000), 1_000, Start + 1_000, Valid));
        GC.KeepAlive(guard);
    }

    [Fact]
    public void Tokens_that_are_still_valid_survive_when_memory_is_given_back()
    {
        var guard = new HelloReplayGuard(second: 1);
        for (var i = 0; i < 200_000; i++) Assert.True(guard.TryAccept("k1", Token(i), 0, Start, Valid));
        for (var i = 0; i < 500; i++) Assert.True(guard.TryAccept(i % 2 == 0 ? "k1" : "k2", Token(300_000 + i), 300, Start + 300, Valid));
        Assert.True(guard.TryAccept("k2", Token(400_000), 400, Start + 400, Valid));
        Assert.InRange(guard.Bytes, 0, 2 * 1024 * 1024);
        for (var i = 0; i < 500; i++) Assert.False(guard.TryAccept("k1", Token(300_000 + i), 401, Start + 401, Valid), $"Token {i} was forgotten.");
        Assert.True(guard.TryAccept("k2", Token(5), 401, Start + 401, Valid));
    }

    private static byte[] Token(int number) => Encoding.ASCII.GetBytes($"{number:D7}abcdefghijklmnopqrstuvwxyzABCDEFGHIJ");
}
