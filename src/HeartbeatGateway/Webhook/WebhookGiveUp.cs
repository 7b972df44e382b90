using HeartbeatGateway.Server.Messages;

namespace HeartbeatGateway.Webhook;

/// <summary>Ends the delivery of events: into the dead-letter file, or, without one or when it cannot be written, by dropping them.</summary>
internal sealed class WebhookGiveUp(WebhookSettingsStore store, DeadLetterFile? file, WebhookMetrics metrics, WebhookReport report)
{
    /// <summary>Gives up events that wait.</summary>
    public async Task GiveUpAsync(IReadOnlyList<WebhookEvent> events, SinkDropCause cause)
    {
        if (events.Count == 0) return;
        var name = NameOf(cause);
        if (file is not null && await TryWriteAsync(file, events, name))
        {
            metrics.DeadLettersWritten(events.Count);
            foreach (var e in events) e.DeadLetter();
            report.GaveUp(name, events.Count, $"the dead-letter file {file.FullPath} has them");
            return;
        }

        foreach (var e in events) e.Drop(cause);
        report.GaveUp(name, events.Count, file is null ? "there is no dead-letter file, so they are dropped" : "the dead-letter file could not be written, so they are dropped");
    }

    private async Task<bool> TryWriteAsync(DeadLetterFile target, IReadOnlyList<WebhookEvent> events, string cause)
    {
        try
        {
            await target.AppendAsync(events, cause, store.Current.Options.MaxDeadLetterBytes);
            return true;
        }
        catch (IOException e)
        {
            report.DeadLettersNotWritten(target.FullPath, e.Message);
            return false;
        }
    }

    private static string NameOf(SinkDropCause cause) => cause switch
    {
        SinkDropCause.Expired => "expired",
        SinkDropCause.Failed => "failed",
        SinkDropCause.Stopped => "stopped",
        _ => throw new ArgumentOutOfRangeException(nameof(cause), cause, "This cause has no name."),
    };
}
