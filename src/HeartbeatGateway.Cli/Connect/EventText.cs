using HeartbeatGateway.Cli.Frames;
using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Cli.Terminals;
using HeartbeatGateway.Client;

namespace HeartbeatGateway.Cli.Connect;

/// <summary>Formats events as text.</summary>
internal static class EventText
{
    private const int MaxEndChars = 500;

    public static string Of(GatewayClientState state) => state.Status switch
    {
        GatewayClientStatus.Connecting => state.Endpoint is null
            ? "looking up the gateway's address"
            : $"connecting to {state.Endpoint} (attempt {state.Attempt})",
        GatewayClientStatus.Connected => $"connected to {state.Endpoint}{Session(state)}; heartbeat every {Duration.Describe(state.Heartbeat)}{Acknowledgements(state)}{Clock(state)}",
        GatewayClientStatus.Waiting => $"{End(state)}next attempt in {Duration.Describe(state.RetryAfter ?? TimeSpan.Zero)}",
        GatewayClientStatus.Stopped when state.LastDisconnect?.Kind is null or DisconnectKind.Disposed => "disconnected",
        GatewayClientStatus.Stopped => $"{End(state)}no further attempts",
        _ => "idle",
    };

    public static string Heartbeat(TimeSpan rtt) => $"beat {Duration.Describe(rtt)}";

    public static string Received(GatewayClientMessage message) => $"received {Printable.From(message.Type)}{Number(message)}: {ContentText.Describe(message.Content.Span)}";

    public static string Sent(string type, int bytes) => $"sent {Printable.From(type)}, {Plural.Of(bytes, "byte")}";

    public static string Acknowledged(string type, int bytes, long number, TimeSpan after) =>
        $"acknowledged number {number}: {Printable.From(type)}, {Plural.Of(bytes, "byte")}, after {Duration.Describe(after)}";

    public static string Dropped(MessageDropReason reason, long count) => reason switch
    {
        MessageDropReason.SendQueueFull => $"dropped {Plural.Of(count, "message")} to send: the send queue is full",
        MessageDropReason.TooLarge => $"dropped {Plural.Of(count, "message")} to send: larger than the content limit that the gateway stated",
        MessageDropReason.NotSentAtStop => $"dropped {Plural.Of(count, "message")} to send: still queued at the end of the session",
        MessageDropReason.ReceiveQueueFull => $"dropped {Plural.Of(count, "received message")}: they arrive faster than the output takes them",
        MessageDropReason.ReceivedAfterStop => $"dropped {Plural.Of(count, "received message")}: received after the end of the session",
        MessageDropReason.NotAcknowledgedAtStop => $"gave up {Plural.Of(count, "sent message")}: not acknowledged at the end of the session",
        _ => $"dropped {Plural.Of(count, "message")}: {reason}",
    };

    public static string End(ConnectSummary summary)
    {
        var rtt = $"RTT {Duration.Describe(summary.MinRtt)} / {Duration.Describe(summary.MeanRtt)} / {Duration.Describe(summary.MaxRtt)} (min, mean, max)";
        var heartbeats = summary.Heartbeats == 0 ? "no heartbeats" : $"{Plural.Of(summary.Heartbeats, "heartbeat")}, {rtt}";
        return $"{Plural.Of(summary.Connections, "connection")}; {heartbeats}; {Plural.Of(summary.Sent, "message")} sent{Acknowledged(summary)}{Losses(summary)}, {summary.Received} received{Duplicates(summary)}{(summary.Dropped > 0 ? $", {summary.Dropped} dropped" : "")}";
    }

    /// <summary>Why a session with undelivered messages fails.</summary>
    public static string Undelivered(ConnectSummary summary)
    {
        var lost = summary.MayBeLost == 0
            ? ""
            : $"{Plural.Of(summary.MayBeLost, "sent message")} may be lost: "
                + (summary.Acknowledgements is null ? "the connection ended before the gateway proved that it had read " : "the gateway has not acknowledged ")
                + (summary.MayBeLost == 1 ? "it" : "them");
        var unsent = summary.NotDelivered == 0
            ? ""
            : $"{Plural.Of(summary.NotDelivered, "message")} {(summary.NotDelivered == 1 ? "was" : "were")} not delivered: no connection took "
                + (summary.NotDelivered == 1 ? "it" : "them");
        return string.Join("; ", new[] { unsent, lost }.Where(t => t.Length > 0)) + ".";
    }

    private static string Acknowledged(ConnectSummary summary) => summary.Acknowledgements is not { } counts
        ? ""
        : $", {counts.Acknowledged} acknowledged{(counts.Resent > 0 ? $", {counts.Resent} sent again" : "")}";

    private static string Duplicates(ConnectSummary summary) =>
        summary.Acknowledgements is { Duplicates: > 0 and var duplicates } ? $" ({Plural.Of(duplicates, "duplicate")} left out)" : "";

    private static string Number(GatewayClientMessage message) => message.Number is { } number ? $" number {number}" : "";

    private static string Acknowledgements(GatewayClientState state) => (state.AcknowledgementsGranted, state.UnacknowledgedMessages) switch
    {
        (false, _) => "",
        (true, 0) => "; messages are acknowledged",
        (true, var again) => $"; messages are acknowledged, {again} sent again",
    };

    private static string Losses(ConnectSummary summary) =>
        (summary.MayBeLost > 0 ? $" ({summary.MayBeLost} may be lost)" : "") + (summary.NotDelivered > 0 ? $", {summary.NotDelivered} not delivered" : "");

    private static string Session(GatewayClientState state) => state.SessionId is null || state.Generation is null
        ? ""
        : $", session {Printable.From(state.SessionId)}{(state.Resumed ? " resumed" : state.Reconnected ? ", known from before" : "")}";

    private static string Clock(GatewayClientState state) => state.ClockOffset == TimeSpan.Zero
        ? ""
        : $"; this machine's clock is {Duration.Describe(state.ClockOffset)} {(state.ClockOffset < TimeSpan.Zero ? "ahead of" : "behind")} the gateway's";

    private static string End(GatewayClientState state) =>
        state.LastDisconnect is { } end ? $"{Printable.From(end.Message, MaxEndChars).TrimEnd('.')}; " : "";
}
