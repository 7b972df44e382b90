using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Limits;
using HeartbeatGateway.Shared.Idle;

namespace HeartbeatGateway.Server.Timeouts;

/// <summary>
/// Counts silences that reach a candidate of the reader-idle limit (<c>Gateway:Heartbeat:ShadowReaderIdle</c>), once for each silence and candidate, by
/// the rules of the limit itself: pauses of the process do not count, and bytes that wait to be read end the silence. Closes nothing.
/// </summary>
internal sealed class ShadowTimeouts(EngineContext context, ProcessPauses pauses)
{
    /// <summary>As for the limit itself: a peer can make the kernel report unread bytes without end.</summary>
    private static readonly int MaxPutOffs = (int)(TimerWheel.StallThreshold / TimerWheel.TickInterval);

    /// <returns>The timestamp of the next visit.</returns>
    public long Check(TimedConnection connection, EngineSettings settings, long now)
    {
        var limits = settings.ShadowLimits;
        // The liveness probe's connection has no id, and is counted nowhere.
        if (limits.IsEmpty || connection.Id == default) return long.MaxValue;
        var began = connection.IsPaused ? now : connection.Idle.ReaderSilentSince;
        var silence = now - began - pauses.Between(began, now);
        var shortest = limits[0].Limit;
        if (silence < shortest) return now + shortest - silence;

        // Made for connections that reach a candidate only.
        var state = connection.Limits ??= new LimitState();
        if (state.SilenceBegan != began) (state.SilenceBegan, state.ShadowReached, state.ShadowPutOffs) = (began, 0, default);
        // A silence that begins after this visit reaches the shortest candidate after this time at the earliest.
        var next = now + shortest;
        foreach (var (limit, reached) in limits)
        {
            if (limit > silence) return Math.Min(next, now + limit - silence);
            if (limit <= state.ShadowReached) continue;
            // As for the limit itself: nor is it a silence when bytes were read since it was found.
            if (IsPutOff(connection, state, now) || connection.Idle.ReaderSilentSince != began) return now + 1;
            reached.Add(0);
            state.ShadowReached = limit;
        }

        return next;
    }

    private bool IsPutOff(TimedConnection connection, LimitState state, long now)
    {
        if (state.ShadowPutOffs.Count < MaxPutOffs && SocketInspector.HasUnreadInput(connection.Transport, context.Elapsed(connection.Idle.LastRead, now), connection.HasRun))
        {
            state.ShadowPutOffs.Add(SocketInspector.ReadRound(connection.Transport));
            return true;
        }

        state.ShadowPutOffs.Clear();
        return false;
    }
}
