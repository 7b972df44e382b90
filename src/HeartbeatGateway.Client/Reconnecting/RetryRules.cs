using HeartbeatGateway.Protocol;

namespace HeartbeatGateway.Client.Reconnecting;

/// <summary>
/// Decides what follows an end: a pure function of the state, the result and a random number. The gateway may set the delay of one retry:
/// a reconnect slot, or no delay after a clock correction or at a connection's maximum age. If it sets another one before a connection was
/// stable, the longer of that delay and the client's own backoff applies. So no gateway can keep the client in a tight loop.
/// </summary>
/// <remarks>
/// A rolling restart drains a client several times within <see cref="GatewayClientOptions.BackoffResetAfter"/>. Therefore up to
/// <see cref="MaxPlannedInARow"/> further delays apply exactly, each after a planned close of a connection that lived <see cref="MinPlannedLife"/>.
/// </remarks>
internal static class RetryRules
{
    /// <summary>The further planned closes whose delay applies exactly, until a connection was stable.</summary>
    public const int MaxPlannedInARow = 8;

    /// <summary>How long a connection must have lived after the gateway's first answer.</summary>
    public static readonly TimeSpan MinPlannedLife = TimeSpan.FromSeconds(1);

    public static RetryDecision After(RetryState state, in AttemptResult result, GatewayClientOptions options, double random)
    {
        var (retries, setByGateway, planned) = result.Lived >= options.BackoffResetAfter ? default : state;
        if (!result.End.Retry) return new RetryDecision(true, TimeSpan.Zero, new RetryState(retries, setByGateway, planned));

        var backoff = Backoff.Delay(options.BackoffBase, options.BackoffMax, retries, random);
        var next = new RetryState(retries == int.MaxValue ? retries : retries + 1, SetByGateway: false, planned);
        var isImmediate = result.ClockCorrected || result.End is { Kind: DisconnectKind.ClosedByGateway, Reason: CloseReason.MaxAge };
        if ((result.Slot ?? (isImmediate ? TimeSpan.Zero : null)) is not { } gatewayDelay) return new RetryDecision(false, backoff, next);

        next = next with { SetByGateway = true };
        if (!setByGateway) return new RetryDecision(false, gatewayDelay, next);
        if (IsPlanned(result) && planned < MaxPlannedInARow)
        {
            return new RetryDecision(false, gatewayDelay, next with { Retries = retries, Planned = planned + 1 });
        }

        return new RetryDecision(false, backoff > gatewayDelay ? backoff : gatewayDelay, next);
    }

    private static bool IsPlanned(in AttemptResult result) => result.Lived >= MinPlannedLife
        && result.End is { Kind: DisconnectKind.ClosedByGateway, Reason: CloseReason.Draining or CloseReason.Shutdown or CloseReason.MaxAge };
}

/// <summary>The state that is kept between attempts.</summary>
/// <param name="Retries">Retries since the last stable connection: the exponent of the backoff.</param>
/// <param name="SetByGateway">The delay of the last retry was set by the gateway, not by the backoff.</param>
/// <param name="Planned">Planned closes since the last stable connection whose delay applied although the one before was set by the gateway too.</param>
internal readonly record struct RetryState(int Retries, bool SetByGateway, int Planned = 0);

/// <summary>The decision after an end.</summary>
/// <param name="Stop">The client stops permanently.</param>
/// <param name="Delay">Otherwise: the delay before the next attempt.</param>
/// <param name="Next">The state for the next decision.</param>
internal readonly record struct RetryDecision(bool Stop, TimeSpan Delay, RetryState Next);
