using System.Net;
using HeartbeatGateway.Client.Reconnecting;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Client.Tests.Reconnecting;

public sealed class RetryRulesTests
{
    private static readonly GatewayClientOptions Options = new()
    {
        Endpoints = [new DnsEndPoint("gateway", 8081)],
        Tokens = new TokenKeyringOptions { Scheme = TokenScheme.None },
    };

    private static readonly DisconnectInfo Lost = new() { Kind = DisconnectKind.Reset, Message = "Reset." };
    private static readonly DisconnectInfo Refused = Lost with { Kind = DisconnectKind.ClosedByGateway, Retry = false };

    [Fact]
    public void Delays_grow_while_no_connection_is_stable()
    {
        var state = default(RetryState);
        var ceilings = new List<double>();
        for (var i = 0; i < 8; i++)
        {
            var decision = RetryRules.After(state, new AttemptResult(Lost, Lived: null), Options, 1);
            Assert.False(decision.Stop);
            ceilings.Add(decision.Delay.TotalSeconds);
            state = decision.Next;
        }

        Assert.Equal([1, 2, 4, 8, 16, 32, 60, 60], ceilings);
    }

    [Fact]
    public void Backoff_resets_at_BackoffResetAfter_and_not_one_tick_before()
    {
        var state = new RetryState(5, SetByGateway: false);
        var justBefore = RetryRules.After(state, new AttemptResult(Lost, Options.BackoffResetAfter - TimeSpan.FromTicks(1)), Options, 1);
        Assert.Equal(TimeSpan.FromSeconds(32), justBefore.Delay);
        Assert.Equal(6, justBefore.Next.Retries);

        var stable = RetryRules.After(state, new AttemptResult(Lost, Options.BackoffResetAfter), Options, 1);
        Assert.Equal(TimeSpan.FromSeconds(1), stable.Delay);
        Assert.Equal(1, stable.Next.Retries);
    }

    [Fact]
    public void Follows_a_reconnect_slot_exactly_but_only_once_in_a_row()
    {
        var slot = TimeSpan.FromMilliseconds(1830);
        var first = RetryRules.After(default, new AttemptResult(Lost, TimeSpan.FromHours(1), slot), Options, 1);
        Assert.Equal(slot, first.Delay);

        // Repeated slots of zero do not override the backoff.
        var second = RetryRules.After(first.Next, new AttemptResult(Lost, TimeSpan.Zero, TimeSpan.Zero), Options, 1);
        Assert.Equal(TimeSpan.FromSeconds(2), second.Delay);
        var third = RetryRules.After(second.Next, new AttemptResult(Lost, TimeSpan.Zero, TimeSpan.Zero), Options, 1);
        Assert.Equal(TimeSpan.FromSeconds(4), third.Delay);

        // A slot later than the backoff applies in any case.
        Assert.Equal(TimeSpan.FromMinutes(5), RetryRules.After(second.Next, new AttemptResult(Lost, null, TimeSpan.FromMinutes(5)), Options, 1).Delay);
    }

    [Fact]
    public void Follows_a_reconnect_slot_exactly_again_after_a_stable_connection()
    {
        var state = new RetryState(3, SetByGateway: true);
        Assert.Equal(TimeSpan.Zero, RetryRules.After(state, new AttemptResult(Lost, Options.BackoffResetAfter, TimeSpan.Zero), Options, 1).Delay);
    }

    [Fact]
    public void Retries_immediately_after_a_clock_correction_but_only_once_in_a_row()
    {
        var first = RetryRules.After(default, new AttemptResult(Lost, null, ClockCorrected: true), Options, 1);
        Assert.Equal(TimeSpan.Zero, first.Delay);
        var second = RetryRules.After(first.Next, new AttemptResult(Lost, null, ClockCorrected: true), Options, 1);
        Assert.Equal(TimeSpan.FromSeconds(2), second.Delay);

        // After an end without a delay from the gateway, one more immediate retry is allowed.
        var other = RetryRules.After(second.Next, new AttemptResult(Lost, null), Options, 1);
        Assert.Equal(TimeSpan.Zero, RetryRules.After(other.Next, new AttemptResult(Lost, null, ClockCorrected: true), Options, 1).Delay);
    }

    [Fact]
    public void Stops_after_an_end_without_retry() => Assert.True(RetryRules.After(default, new AttemptResult(Refused, null, TimeSpan.Zero), Options, 1).Stop);

    [Fact]
    public void Retry_count_does_not_overflow()
    {
        var decision = RetryRules.After(new RetryState(int.MaxValue, false), new AttemptResult(Lost, null), Options, 0.5);
        Assert.Equal(TimeSpan.FromSeconds(30), decision.Delay);
        Assert.Equal(int.MaxValue, decision.Next.Retries);
    }
}
