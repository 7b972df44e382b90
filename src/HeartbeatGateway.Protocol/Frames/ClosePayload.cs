using System.Globalization;
using System.Text.Json;

namespace HeartbeatGateway.Protocol.Frames;

/// <summary>The JSON content of a <c>close</c> frame: why the gateway closes and what the client should do.</summary>
public sealed record ClosePayload
{
    /// <summary>Why.</summary>
    public required CloseReason Reason { get; init; }

    /// <summary>False when the client must not come back.</summary>
    public required bool Retry { get; init; }

    /// <summary>The reconnect slot that the gateway assigns: wait this long before the first attempt. Null: the client's own backoff.</summary>
    public TimeSpan? After { get; init; }

    /// <summary>The gateway's clock.</summary>
    public required DateTimeOffset ServerTime { get; init; }

    /// <summary>The token of the frame that this answers, set for <see cref="CloseReason.TokenExpired"/> only.</summary>
    public string? InReplyTo { get; init; }

    /// <summary>The content of the frame, UTF-8.</summary>
    public byte[] ToJson()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("reason", Reason.ToWireName());
            json.WriteBoolean("retry", Retry);
            if (After is { } after) json.WriteNumber("afterMs", (long)after.TotalMilliseconds);
            json.WriteString("serverTime", ServerTime.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            if (InReplyTo is not null) json.WriteString("inReplyTo", InReplyTo);
            json.WriteEndObject();
        }

        return stream.ToArray();
    }
}
