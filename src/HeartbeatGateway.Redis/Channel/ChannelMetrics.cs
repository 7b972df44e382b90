using System.Diagnostics.Metrics;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Redis.Channel;

/// <summary>What is counted of questions between nodes, of the inbox and of the streams. All series exist from the start.</summary>
internal sealed class ChannelMetrics
{
    /// <summary>The meter of everything that needs Redis.</summary>
    public const string MeterName = "HeartbeatGateway.Redis";

    private const string Prefix = "heartbeatgateway.cluster.";

    private readonly long[] _questions = new long[Enum.GetValues<NodeAnswerKind>().Length];
    private long _inboxReplaced;
    private long _eventGaps;
    private long _messagesAdded;
    private long _messagesFailed;
    private Func<TimeSpan> _inboxAge = static () => TimeSpan.Zero;

    public ChannelMetrics(IMeterFactory meterFactory)
    {
        var meter = meterFactory.Create(MeterName);
        meter.CreateObservableCounter(
            Prefix + "questions", () => Enum.GetValues<NodeAnswerKind>().Select(k => Of(Questions(k), NameOf(k))), null, "Questions to other nodes, by what became of them.");
        meter.CreateObservableCounter(Prefix + "inbox_replaced", () => InboxReplaced, null, "Subscriptions of the own inbox that were connected, received nothing and were replaced.");
        meter.CreateObservableGauge(Prefix + "inbox_age", () => _inboxAge().TotalSeconds, "s", "Time since the own inbox last received its probe.");
        meter.CreateObservableCounter(Prefix + "events_gaps", () => EventGaps, null, "Gaps in the presence events of the cluster: entries that were gone before they were read.");
        meter.CreateObservableCounter(
            Prefix + "stream_messages",
            () => new[] { Of(Volatile.Read(ref _messagesAdded), "ok"), Of(Volatile.Read(ref _messagesFailed), "failed") },
            null,
            "Attempts to add an application message to its stream, by result.");
    }

    public long InboxReplaced => Volatile.Read(ref _inboxReplaced);

    public long EventGaps => Volatile.Read(ref _eventGaps);

    public long Questions(NodeAnswerKind kind) => Volatile.Read(ref _questions[(int)kind]);

    public void QuestionEnded(NodeAnswerKind kind) => Interlocked.Increment(ref _questions[(int)kind]);

    public void InboxWasReplaced() => Interlocked.Increment(ref _inboxReplaced);

    public void EventGapFound() => Interlocked.Increment(ref _eventGaps);

    public void MessagesAdded(int messages) => Interlocked.Add(ref _messagesAdded, messages);

    public void MessagesFailed(int messages) => Interlocked.Add(ref _messagesFailed, messages);

    /// <summary>Says how the age of the inbox is read.</summary>
    public void FollowInbox(Func<TimeSpan> age) => _inboxAge = age;

    private static Measurement<long> Of(long value, string result) => new(value, new KeyValuePair<string, object?>("result", result));

    private static string NameOf(NodeAnswerKind kind) => kind switch
    {
        NodeAnswerKind.Answered => "answered",
        NodeAnswerKind.Unreachable => "unreachable",
        NodeAnswerKind.Unknown => "unknown",
        NodeAnswerKind.Failed => "failed",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No label."),
    };
}
