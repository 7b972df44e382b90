namespace HeartbeatGateway.Redis.Channel;

/// <summary>The log lines of the inbox, the streams and the bans. Their ids are 320 to 336.</summary>
internal static partial class ChannelLog
{
    [LoggerMessage(320, LogLevel.Warning, "The inbox of this node was connected but did not receive its own probe ({Cause:l}); its subscription is replaced", EventName = "InboxReplaced")]
    public static partial void InboxReplaced(this ILogger logger, string cause);

    [LoggerMessage(321, LogLevel.Warning, "The inbox of this node cannot be subscribed: {Error:l}. It is tried again; until then other nodes cannot ask this one", EventName = "InboxNotSubscribed")]
    public static partial void InboxNotSubscribed(this ILogger logger, string error);

    [LoggerMessage(322, LogLevel.Information, "The inbox of this node is subscribed under the epoch {Epoch:l}", EventName = "InboxSubscribed")]
    public static partial void InboxSubscribed(this ILogger logger, string epoch);

    [LoggerMessage(323, LogLevel.Error, "The question {Verb:l} of another node failed", EventName = "QuestionFailed")]
    public static partial void QuestionFailed(this ILogger logger, Exception? exception, string verb);

    [LoggerMessage(324, LogLevel.Error, "The {Part:l} for {Verb:l} has {Bytes} bytes, and nodes exchange {MaxBytes} at most: ask for fewer entries", EventName = "NodeMessageTooLarge")]
    public static partial void NodeMessageTooLarge(this ILogger logger, string part, string verb, int bytes, int maxBytes);

    [LoggerMessage(325, LogLevel.Warning, "Too many questions at once ({Max} {Kind:l}); the question {Verb:l} failed", EventName = "TooManyQuestions")]
    public static partial void TooManyQuestions(this ILogger logger, int max, string kind, string verb);

    [LoggerMessage(326, LogLevel.Warning, "The answer to {Verb:l} could not be sent: {Error:l}", EventName = "AnswerNotSent")]
    public static partial void AnswerNotSent(this ILogger logger, string verb, string error);

    [LoggerMessage(327, LogLevel.Warning, "The inbox received {Bytes} bytes that are no message of a node of this version; they are ignored", EventName = "NodeMessageUnknown")]
    public static partial void NodeMessageUnknown(this ILogger logger, int bytes);

    [LoggerMessage(328, LogLevel.Warning, "Another node asked for {Verb:l}, which this one does not know. All nodes should run the same version", EventName = "VerbUnknown")]
    public static partial void VerbUnknown(this ILogger logger, string verb);

    [LoggerMessage(329, LogLevel.Error, "A step of the cluster's channel failed and is tried again", EventName = "ChannelStepFailed")]
    public static partial void ChannelStepFailed(this ILogger logger, Exception exception);

    [LoggerMessage(330, LogLevel.Warning, "Presence events of the cluster cannot be read: {Error:l}. It is tried again", EventName = "EventsNotRead")]
    public static partial void EventsNotRead(this ILogger logger, string error);

    [LoggerMessage(331, LogLevel.Warning, "Presence events of partition {Partition} are lost: {Cause:l}. Readers are told to read their lists anew", EventName = "EventsLost")]
    public static partial void EventsLost(this ILogger logger, int partition, string cause);

    [LoggerMessage(332, LogLevel.Warning, "The entry {Entry:l} of the stream of events is no presence event and is skipped", EventName = "EventUnknown")]
    public static partial void EventUnknown(this ILogger logger, string entry);

    [LoggerMessage(333, LogLevel.Warning, "Messages cannot be added to the streams in Redis: {Error:l}. They wait, {Waiting} now, and are added when it is possible", EventName = "StreamSinkFailing")]
    public static partial void StreamSinkFailing(this ILogger logger, string error, long waiting);

    [LoggerMessage(334, LogLevel.Information, "Messages are added to the streams in Redis again", EventName = "StreamSinkRecovered")]
    public static partial void StreamSinkRecovered(this ILogger logger);

    [LoggerMessage(335, LogLevel.Error, "{Messages} messages were given up by the sink redis: {Cause:l}", EventName = "StreamSinkGaveUp")]
    public static partial void StreamSinkGaveUp(this ILogger logger, int messages, string cause);

    [LoggerMessage(336, LogLevel.Warning, "Changes of bans cannot be subscribed: {Error:l}. They are read every {Seconds} s", EventName = "BansNotSubscribed")]
    public static partial void BansNotSubscribed(this ILogger logger, string error, double seconds);
}
