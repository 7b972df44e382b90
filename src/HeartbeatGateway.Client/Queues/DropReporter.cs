using System.Globalization;
using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Client.Queues;

/// <summary>
/// Counts dropped messages by reason. One event carries all drops since the previous one, so drops never push other events out of the
/// bounded event queue. The log gets the first drop of a reason at once, then at most one line each <see cref="LogInterval"/>.
/// </summary>
internal sealed class DropReporter(ILogger logger, string clientId, TimeProvider timeProvider, Action<MessageDropReason, long> count, Action<Action> post)
{
    public static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(10);

    private static readonly int Reasons = Enum.GetValues<MessageDropReason>().Length;
    private readonly Lock _lock = new();

    /// <summary>One for each reason; null until the first drop, because most clients drop nothing.</summary>
    private Entry[]? _entries;

    /// <summary>Receives the drops on the thread pool; set by the client when the application has an event handler.</summary>
    public Action<DroppedMessages>? Raised { get; set; }

    public void Report(MessageDropReason reason, long dropped)
    {
        count(reason, dropped);
        bool mustPost, mustLog;
        var logged = 0L;
        lock (_lock)
        {
            ref var entry = ref (_entries ??= new Entry[Reasons])[(int)reason];
            entry.Total += dropped;
            entry.ForEvent += dropped;
            entry.ForLog += dropped;
            mustPost = Raised is not null && !entry.IsPosted;
            entry.IsPosted |= mustPost;
            var now = timeProvider.GetTimestamp();
            mustLog = entry.LoggedAt is not { } before || timeProvider.GetElapsedTime(before, now) >= LogInterval;
            if (mustLog) (entry.LoggedAt, logged, entry.ForLog) = (now, entry.ForLog, 0);
        }

        if (mustPost) post(() => Raise(reason));
        if (mustLog) Log(reason, logged);
    }

    /// <summary>The number of dropped messages with this reason since the start.</summary>
    public long Total(MessageDropReason reason)
    {
        lock (_lock) return _entries?[(int)reason].Total ?? 0;
    }

    /// <summary>Logs what the interval has held back. Called when the client stops.</summary>
    public void Flush()
    {
        if (_entries is not { } entries) return;
        foreach (var reason in Enum.GetValues<MessageDropReason>())
        {
            long held;
            lock (_lock) (held, entries[(int)reason].ForLog) = (entries[(int)reason].ForLog, 0);
            if (held > 0) Log(reason, held);
        }
    }

    public static string Describe(MessageDropReason reason, long dropped)
    {
        var messages = dropped == 1 ? "1 message" : string.Create(CultureInfo.InvariantCulture, $"{dropped} messages");
        return reason switch
        {
            MessageDropReason.SendQueueFull => $"{messages} to send dropped: the send queue is full; see SendQueueCapacity, SendQueueBytes and SendQueueFullMode.",
            MessageDropReason.TooLarge => $"{messages} to send dropped: larger than the content limit that the gateway stated.",
            MessageDropReason.NotSentAtStop => $"{messages} not sent: still queued when the client stopped; see CloseTimeout.",
            MessageDropReason.ReceiveQueueFull =>
                $"{messages} from the gateway dropped: the receive queue is full; read faster, or see ReceiveQueueCapacity, ReceiveQueueBytes and ReceiveQueueFullMode.",
            MessageDropReason.ReceivedAfterStop => $"{messages} from the gateway dropped: received after the client had stopped.",
            MessageDropReason.NotAcknowledgedAtStop => $"{messages} sent and not acknowledged when the client stopped; they may have arrived; see CloseTimeout.",
            _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "This reason has no description."),
        };
    }

    private void Raise(MessageDropReason reason)
    {
        long dropped;
        lock (_lock)
        {
            ref var entry = ref _entries![(int)reason];
            (dropped, entry.ForEvent, entry.IsPosted) = (entry.ForEvent, 0, false);
        }

        Raised?.Invoke(new DroppedMessages(reason, dropped, Describe(reason, dropped)));
    }

    private void Log(MessageDropReason reason, long dropped) => logger.MessagesDropped(clientId, reason, dropped, Describe(reason, dropped));

    private struct Entry
    {
        public long Total;
        public long ForEvent;
        public long ForLog;
        public long? LoggedAt;
        public bool IsPosted;
    }
}
