namespace HeartbeatGateway.Webhook;

/// <summary>The events of one request. Id and body stay the same while it is repeated; only the number of the attempt rises.</summary>
/// <param name="id">The header <c>webhook-id</c>.</param>
/// <param name="events">The events, in order.</param>
/// <param name="body">The JSON of all events.</param>
/// <param name="attempts">Requests that were made with these events before, under this id or another one.</param>
internal sealed class WebhookBatch(string id, IReadOnlyList<WebhookEvent> events, ReadOnlyMemory<byte> body, int attempts)
{
    public string Id { get; } = id;

    public IReadOnlyList<WebhookEvent> Events { get; } = events;

    public ReadOnlyMemory<byte> Body { get; } = body;

    /// <summary>Requests that were made with these events. A receiver may have processed any of them.</summary>
    public int Attempts { get; set; } = attempts;
}
