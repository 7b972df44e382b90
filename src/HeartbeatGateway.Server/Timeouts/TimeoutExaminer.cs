using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Disconnects;
using HeartbeatGateway.Server.Transports;
using HeartbeatGateway.Shared.Idle;

namespace HeartbeatGateway.Server.Timeouts;

/// <summary>Collects what is known of a connection whose time limit is reached, before it is closed, and has it classified.</summary>
internal sealed class TimeoutExaminer(EngineContext context, ProcessPauses pauses)
{
    /// <summary>
    /// What a client sent while the process was paused is read a moment after the pause. So a pause that ended this short before the last byte counts as
    /// one in the silent time.
    /// </summary>
    private static readonly TimeSpan JustBefore = TimeSpan.FromSeconds(1);

    private readonly FirstHeartbeats _firstHeartbeats = new();
    private readonly long _justBefore = context.TimeProvider.ToTimestampUnits(JustBefore);

    /// <param name="connection">The connection.</param>
    /// <param name="reason">The timeout.</param>
    /// <param name="limit">The limit, in timestamp units.</param>
    /// <param name="late">How late after its deadline it was detected.</param>
    /// <param name="now">The current timestamp.</param>
    public PostMortem Examine(TimedConnection connection, CloseReason reason, long limit, TimeSpan late, long now)
    {
        var lastRead = connection.Idle.LastRead;
        var gaps = connection.ReadHeartbeatGaps();
        var usual = TimeoutClassifier.UsualGap(gaps);
        // A peer that has proved nothing could feign unread bytes. A deadline that was never put off is late for another cause, such as a limit that was lowered.
        var leftUnread = connection.IsConnected && connection.PutOffs.Count > 0 && late >= TimerWheel.StallThreshold;
        var evidence = new TimeoutEvidence
        {
            Reason = reason,
            Limit = context.Elapsed(0, limit),
            SilentTime = context.Elapsed(lastRead, now),
            UsualGap = usual,
            HasRepeatedly = reason == CloseReason.ReaderIdle && usual is null && connection.IsConnected
                && _firstHeartbeats.IsRepeated(connection.ClientId, AddressKey.From(connection.RemoteEndPoint), connection.ConnectedAt, now, context.Settings.ReconnectWindow),
            Paused = context.Elapsed(0, pauses.Touching(lastRead - _justBefore, now)),
            LeftUnread = leftUnread,
            Tcp = TcpStatisticsReader.Read(connection.Transport),
            ProbeTime = connection.IsProbed ? SilenceProbe.LeadOf(context.Elapsed(0, limit)) / 2 : TimeSpan.MaxValue,
        };
        return new PostMortem
        {
            Cause = TimeoutClassifier.Classify(evidence),
            Limit = evidence.Limit,
            SilentTime = evidence.SilentTime,
            UsualGap = usual,
            Gaps = gaps,
            StallTime = leftUnread ? evidence.Paused + late : evidence.Paused,
            Tcp = evidence.Tcp,
        };
    }
}
