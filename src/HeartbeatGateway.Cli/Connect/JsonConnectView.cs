using HeartbeatGateway.Cli.Terminals;
using HeartbeatGateway.Client;

namespace HeartbeatGateway.Cli.Connect;

/// <summary>Writes one JSON object per line.</summary>
internal sealed class JsonConnectView(CliEnvironment environment) : IConnectView
{
    private readonly Lock _lock = new();

    public void State(GatewayClientState state) => Write(new
    {
        time = Now,
        @event = "state",
        status = state.Status,
        state.Attempt,
        endpoint = state.Endpoint?.ToString(),
        state.SessionId,
        state.Generation,
        reconnected = state.Status == GatewayClientStatus.Connected ? state.Reconnected : (bool?)null,
        resumed = state.Status == GatewayClientStatus.Connected ? state.Resumed : (bool?)null,
        acknowledgements = state.AcknowledgementsGranted ? true : (bool?)null,
        unacknowledged = state.UnacknowledgedMessages > 0 ? state.UnacknowledgedMessages : (int?)null,
        heartbeatSeconds = state.Heartbeat.TotalSeconds,
        retryAfterSeconds = state.RetryAfter?.TotalSeconds,
        clockOffsetSeconds = state.ClockOffset == TimeSpan.Zero ? (double?)null : state.ClockOffset.TotalSeconds,
        end = state.Status is GatewayClientStatus.Waiting or GatewayClientStatus.Stopped && state.LastDisconnect is { } end
            ? new { end.Kind, reason = end.ReasonName, end.Retry, end.Message }
            : null,
    });

    public void Heartbeat(TimeSpan rtt) => Write(new { time = Now, @event = "beat", rttMs = Math.Round(rtt.TotalMilliseconds, 3) });

    public void Received(GatewayClientMessage message) => Write(new
    {
        time = Now,
        @event = "message",
        type = message.Type,
        message.Number,
        bytes = message.Content.Length,
        text = Printable.TextOf(message.Content.Span),
        contentBase64 = Convert.ToBase64String(message.Content.Span),
    });

    public void Sent(string type, int bytes) => Write(new { time = Now, @event = "sent", type, bytes });

    public void Acknowledged(string type, int bytes, long number, TimeSpan after) =>
        Write(new { time = Now, @event = "acknowledged", type, bytes, number, afterMs = Math.Round(after.TotalMilliseconds, 3) });

    public void Dropped(MessageDropReason reason, long count) =>
        Write(new { time = Now, @event = "dropped", reason, count, text = EventText.Dropped(reason, count) });

    public void Note(string text) => Write(new { time = Now, @event = "note", text });

    public void End(ConnectSummary summary) => Write(new
    {
        time = Now,
        @event = "end",
        connections = summary.Connections,
        beats = summary.Heartbeats,
        rttMinMs = summary.Heartbeats == 0 ? (double?)null : Math.Round(summary.MinRtt.TotalMilliseconds, 3),
        rttMeanMs = summary.Heartbeats == 0 ? (double?)null : Math.Round(summary.MeanRtt.TotalMilliseconds, 3),
        rttMaxMs = summary.Heartbeats == 0 ? (double?)null : Math.Round(summary.MaxRtt.TotalMilliseconds, 3),
        sent = summary.Sent,
        acknowledged = summary.Acknowledgements?.Acknowledged,
        resent = summary.Acknowledgements?.Resent,
        duplicates = summary.Acknowledgements?.Duplicates,
        mayBeLost = summary.MayBeLost,
        notDelivered = summary.NotDelivered,
        received = summary.Received,
        dropped = summary.Dropped,
    });

    private DateTimeOffset Now => environment.Time.GetUtcNow();

    private void Write<T>(T value)
    {
        var line = Json.Line(value);
        lock (_lock) environment.Out.WriteLine(line);
    }
}
