namespace HeartbeatGateway.Client.Reconnecting;

/// <summary>
/// What follows an end: a pure function of what is remembered, what happened and a random number. A gateway may tell the time of one
/// retry (a slot, or at once after a clock correction); told again before any connection was stable, the client keeps to its own backoff
/// as well, so that no gateway can keep it in a tight loop.
/// </summary>
internal static class RetryRules
{
    public static RetryDecision After(RetryState state, in AttemptResult result, GatewayClientOptions options, double random)
    {
        var wasStable = result.Lived >= options.BackoffResetAfter;
        var (retries, told) = wasStable ? (0, false) : (state.Retries, state.Told);
        if (!result.End.Retry) return new RetryDecision(true, TimeSpan.Zero, new RetryState(retries, told));

        var backoff = Backoff.Delay(options.BackoffBase, options.BackoffMax, retries, random);
        var next = new RetryState(retries == int.MaxValue ? retries : retries + 1, Told: false);
        if ((result.Slot ?? (result.ClockCorrected ? TimeSpan.Zero : null)) is not { } toldDelay) return new RetryDecision(false, backoff, next);
        var delay = told && backoff > toldDelay ? backoff : toldDelay;
        return new RetryDecision(false, delay, next with { Told = true });
    }
}
