using System.Net;
using HeartbeatGateway.Client.Reconnecting;
using HeartbeatGateway.Protocol;
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

    [Theory]
    [InlineData(CloseReason.Draining)]
    [InlineData(CloseReason.Shutdown)]
    [InlineData(CloseReason.MaxAge)]
    public void Follows_each_slot_exactly_while_nodes_are_restarted_one_after_another(CloseReason reason)
    {
        var state = default(RetryState);
        for (var node = 0; node <= RetryRules.MaxPlannedInARow; node++)
        {
            var slot = TimeSpan.FromMilliseconds(100 * node);
            var decision = RetryRules.After(state, new AttemptResult(Closed(reason), RetryRules.MinPlannedLife, slot), Options, 1);
            Assert.Equal(slot, decision.Delay);
            state = decision.Next;
        }

        // The budget is used up; a stable connection restores it.
        var planned = new AttemptResult(Closed(reason), RetryRules.MinPlannedLife, TimeSpan.Zero);
        Assert.Equal(TimeSpan.FromSeconds(2), RetryRules.After(state, planned, Options, 1).Delay);
        var stable = RetryRules.After(state, planned with { Lived = Options.BackoffResetAfter }, Options, 1);
        Assert.Equal(new RetryState(1, SetByGateway: true), stable.Next);
        Assert.Equal(TimeSpan.Zero, RetryRules.After(stable.Next, planned, Options, 1).Delay);
    }

    [Fact]
    public void Backs_off_when_a_planned_close_follows_the_welcome_too_soon()
    {
        var state = new RetryState(1, SetByGateway: true);
        var tooSoon = new AttemptResult(Closed(CloseReason.Draining), RetryRules.MinPlannedLife - TimeSpan.FromTicks(1), TimeSpan.Zero);
        Assert.Equal(TimeSpan.FromSeconds(2), RetryRules.After(state, tooSoon, Options, 1).Delay);
        var other = new AttemptResult(Closed(CloseReason.PingFlood), RetryRules.MinPlannedLife, TimeSpan.Zero);
        Assert.Equal(TimeSpan.FromSeconds(2), RetryRules.After(state, other, Options, 1).Delay);
    }

    [Fact]
    public void No_gateway_causes_more_than_30_connects_in_any_minute()
    {
        TimeSpan[] lives = [TimeSpan.Zero, RetryRules.MinPlannedLife, TimeSpan.FromSeconds(5), Options.BackoffResetAfter];
        for (var seed = 0; seed < 200; seed++)
        {
            // Half of the seeds are gateways that choose the close with the shortest delay each time.
            var hostile = new Random(seed);
            var connects = new Queue<TimeSpan>();
            var (now, state) = (TimeSpan.Zero, default(RetryState));
            for (var step = 0; step < 500; step++)
            {
                connects.Enqueue(now);
                while (connects.Peek() <= now - TimeSpan.FromMinutes(1)) connects.Dequeue();
                Assert.True(connects.Count <= 30, $"Seed {seed}: {connects.Count} connects within a minute.");

                var options = lives.SelectMany(life => Ends(life)).ToArray();
                var before = state;
                var result = seed % 2 == 0
                    ? options.MinBy(o => o.Lived + RetryRules.After(before, o, Options, 0.5).Delay)
                    : options[hostile.Next(options.Length)];
                var decision = RetryRules.After(state, result, Options, 0.5);
                now += result.Lived!.Value + decision.Delay;
                state = decision.Next;
            }
        }
    }

    private static AttemptResult[] Ends(TimeSpan life) =>
    [
        new(Lost, life),
        new(Lost, life, TimeSpan.Zero),
        new(Lost, life, ClockCorrected: true),
        new(Closed(CloseReason.Draining), life, TimeSpan.Zero),
        new(Closed(CloseReason.MaxAge), life),
    ];

    private static DisconnectInfo Closed(CloseReason reason) => Lost with { Kind = DisconnectKind.ClosedByGateway, Reason = reason };
}
