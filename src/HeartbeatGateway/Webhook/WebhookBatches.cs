using System.Buffers;
using System.Globalization;

namespace HeartbeatGateway.Webhook;

/// <summary>Makes batches of events.</summary>
/// <param name="run">This run of the gateway; the beginning of each batch's id.</param>
/// <param name="report">Gets the events that cannot be encoded.</param>
internal sealed class WebhookBatches(string run, WebhookReport report)
{
    private long _count;

    /// <summary>A batch of the first events, as many as fit; at least one.</summary>
    /// <param name="events">The events, in order.</param>
    /// <param name="maxBytes">The largest body.</param>
    /// <param name="attempts">Requests that were made with these events before.</param>
    /// <param name="used">The number of events that are in the batch, or were rejected because they cannot be encoded.</param>
    /// <returns>Null when no event could be encoded.</returns>
    public WebhookBatch? Make(IReadOnlyList<WebhookEvent> events, int maxBytes, int attempts, out int used)
    {
        var body = new ArrayBufferWriter<byte>(1024);
        var taken = new List<WebhookEvent>(events.Count);
        body.Write("["u8);
        for (used = 0; used < events.Count; used++)
        {
            var e = events[used];
            if ((e.Encoded ?? TryEncode(e)) is not { } json) continue;
            if (taken.Count > 0 && body.WrittenCount + json.Length + 2 > maxBytes)
            {
                e.Encoded = json;
                break;
            }

            e.Encoded = null;
            if (taken.Count > 0) body.Write(","u8);
            body.Write(json.Span);
            taken.Add(e);
        }

        body.Write("]"u8);
        if (taken.Count == 0) return null;
        return new WebhookBatch(string.Create(CultureInfo.InvariantCulture, $"{run}-{Interlocked.Increment(ref _count)}"), taken, body.WrittenMemory, attempts);
    }

    /// <summary>A part of a batch under an id of its own.</summary>
    public WebhookBatch? Part(IReadOnlyList<WebhookEvent> events, int attempts) => Make(events, int.MaxValue, attempts, out _);

    /// <summary>An event that cannot be encoded would fail each time. It must not keep the events behind it.</summary>
    private ReadOnlyMemory<byte>? TryEncode(WebhookEvent e)
    {
        try
        {
            return WebhookFormat.Encode(e.ToCloudEvent());
        }
        catch (Exception fault) when (fault is ArgumentException or InvalidOperationException or NotSupportedException or System.Text.Json.JsonException)
        {
            e.Start();
            e.Reject();
            report.Rejected($"it cannot be encoded: {fault.GetType().Name}", 1);
            return null;
        }
    }
}
