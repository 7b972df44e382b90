using HeartbeatGateway.Protocol;

namespace HeartbeatGateway.Client.Reconnecting;

/// <summary>
/// Decides what follows an end: a pure function of the state, the result and a random number. The gateway may set the delay of one retry:
/// a reconnect slot, or no delay after a clock correction or at a connection's maximum age. If it sets another one before a connection was stable, the longer of that delay
/// and the client's own backoff applies. So no gateway can keep the client in a tight loop.
/// </summary>
internal static class RetryRules
{
    public static RetryDecision After(RetryState state, in AttemptResult result, GatewayClientOptions options, double random)
    {
        var wasStable = result.Lived >= options.BackoffResetAfter;
        var (retries, setByGateway) = wasStable ? (0, false) : (state.Retries, state.SetByGateway);
        if (!result.End.Retry) return new RetryDecision(true, TimeSpan.Zero, new RetryState(retries, setByGateway));

        var backoff = Backoff.Delay(options.BackoffBase, options.BackoffMax, retries, random);
        var next = new RetryState(retries == int.MaxValue ? retries : retries + 1, SetByGateway: false);
        var isImmediate = result.ClockCorrected || result.End is { Kind: DisconnectKind.ClosedByGateway, Reason: CloseReason.MaxAge };
        if ((result.Slot ?? (isImmediate ? TimeSpan.Zero : null)) is not { } gatewayDelay) return new RetryDecision(false, backoff, next);
        var delay = setByGateway && backoff > gatewayDelay ? backoff : gatewayDelay;
        return new RetryDecision(false, delay, next with { SetByGateway = true });
    }
}

/// <summary>The state that is kept between attempts.</summary>
/// <param name="Retries">Retries since the last stable connection: the exponent of the backoff.</param>
/// <param name="SetByGateway">The delay of the last retry was set by the gateway, not by the backoff.</param>
internal readonly record struct RetryState(int Retries, bool SetByGateway);

/// <summary>The decision after an end.</summary>
/// <param name="Stop">The client stops permanently.</param>
/// <param name="Delay">Otherwise: the delay before the next attempt.</param>
/// <param name="Next">The state for the next decision.</param>
internal readonly record struct RetryDecision(bool Stop, TimeSpan Delay, RetryState Next);
