using System.Text.Json;
using HeartbeatGateway.Server.Context;

namespace HeartbeatGateway.Server.Delivery;

/// <summary>Writes and reads what nodes keep for each other of clients: JSON with a version. What is read may come from any program: everything is checked.</summary>
internal static class DeliveryFormat
{
    private const int Version = 1;
    private const long MaxNumber = 999_999_999_999;
    private const int MaxTypeBytes = 50;
    private const int MaxTextChars = 128;

    /// <summary>Writes what was given up.</summary>
    /// <param name="outbox">The messages and their numbering.</param>
    /// <param name="inbound">The instance of the client, and the number through which its messages are accepted; null for none.</param>
    /// <param name="context">The engine's context.</param>
    /// <param name="epoch">The epoch of this node.</param>
    /// <param name="now">The current timestamp.</param>
    public static byte[] Write(MovedOutbox outbox, (string Instance, long Accepted)? inbound, EngineContext context, string epoch, long now)
    {
        var stored = new StoredDelivery(Version)
        {
            Pushes = outbox.Numbering,
            Highest = outbox.Highest,
            Messages = [.. outbox.Messages.Select(m => Store(m, context, epoch, now))],
            Instance = inbound?.Instance,
            Accepted = inbound?.Accepted,
        };
        return JsonSerializer.SerializeToUtf8Bytes(stored, NodeJson.Default.StoredDelivery);
    }

    /// <summary>Writes a message that is held.</summary>
    public static byte[] WriteHeld(OutgoingMessage message, EngineContext context, string epoch, long now) =>
        JsonSerializer.SerializeToUtf8Bytes(new StoredHeld(Version, Store(message, context, epoch, now)), NodeJson.Default.StoredHeld);

    /// <summary>Reads what was given up.</summary>
    /// <returns>Null when it is not of this format.</returns>
    public static StoredDelivery? Read(ReadOnlyMemory<byte> bytes)
    {
        if (Parse(bytes, NodeJson.Default.StoredDelivery) is not { V: Version } stored) return null;
        if (!Guid.TryParseExact(stored.Pushes, "N", out _) || stored.Highest is < 0 or > MaxNumber) return null;
        if (stored.Accepted is < 0 or > MaxNumber || (stored.Accepted is null) != (stored.Instance is null) || stored.Instance is { Length: 0 or > MaxTextChars }) return null;
        long last = 0;
        foreach (var message in stored.Messages ?? [])
        {
            if (!IsValid(message) || message.Number > stored.Highest) return null;
            // Numbers rise, and what was never sent follows.
            if (message.Number != 0 && (message.Number <= last || last == long.MaxValue)) return null;
            last = message.Number == 0 ? long.MaxValue : message.Number;
        }

        return stored;
    }

    /// <summary>Reads a message that was held.</summary>
    /// <returns>Null when it is not of this format.</returns>
    public static StoredMessage? ReadHeld(ReadOnlyMemory<byte> bytes) =>
        Parse(bytes, NodeJson.Default.StoredHeld) is { V: Version, Message: { Number: 0 } message } && IsValid(message) ? message : null;

    private static StoredMessage Store(OutgoingMessage message, EngineContext context, string epoch, long now)
    {
        // Never 0 for a message whose time is not up.
        var left = message.Deadline == long.MaxValue ? TimeSpan.FromDays(1) : context.Elapsed(now, message.Deadline);
        var origin = message.Origin ?? epoch;
        return new StoredMessage(message.Delivery.MessageId, origin.Length == 0 ? null : origin, message.Number, message.Type, message.Content, (long)Math.Ceiling(left.TotalMilliseconds));
    }

    private static bool IsValid(StoredMessage? message) =>
        message is { Number: >= 0 and <= MaxNumber, LeftMs: >= 0 and <= 24 * 60 * 60 * 1000, Type.Length: > 0 and <= MaxTypeBytes } && message.Id is not null && message.Origin is not { Length: > MaxTextChars };

    private static T? Parse<T>(ReadOnlyMemory<byte> bytes, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(bytes.Span, type);
        }
        catch (JsonException)
        {
            // The caller says that it cannot be read.
            return null;
        }
    }
}
