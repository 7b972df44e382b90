using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace HeartbeatGateway.Protocol.Frames;

/// <summary>The JSON content of a <c>close</c> frame: why the gateway closes the connection and what the client should do.</summary>
public sealed record ClosePayload
{
    /// <summary>The longest delay that a client accepts from a gateway: one day.</summary>
    public static readonly TimeSpan MaxAfter = TimeSpan.FromDays(1);

    private readonly string? _reasonName;

    /// <summary>Creates a payload to be sent. <see cref="TryParse"/> creates a received one.</summary>
    public ClosePayload()
    {
    }

    private ClosePayload(string? unknownReason) => _reasonName = unknownReason;

    /// <summary>The reason; <see cref="CloseReason.None"/> when this version does not define the received one, see <see cref="ReasonName"/>.</summary>
    public required CloseReason Reason { get; init; }

    /// <summary>The wire name of the reason, also when this version does not define it.</summary>
    public string ReasonName => _reasonName ?? Reason.ToWireName();

    /// <summary>False when the client must not reconnect.</summary>
    public required bool Retry { get; init; }

    /// <summary>
    /// The reconnect slot: the client waits this long before its first attempt. Null when the gateway assigns no slot and the client
    /// uses its own backoff.
    /// </summary>
    public TimeSpan? After { get; init; }

    /// <summary>The time on the gateway's clock.</summary>
    public required DateTimeOffset ServerTime { get; init; }

    /// <summary>The token of the frame that caused the close. Set for <see cref="CloseReason.TokenExpired"/> only.</summary>
    public string? InReplyTo { get; init; }

    /// <summary>A human-readable sentence: what is wrong and how to correct it. Null when the reason is sufficient.</summary>
    public string? Detail { get; init; }

    /// <summary>The content of the frame, UTF-8.</summary>
    public byte[] ToJson() => PayloadJson.Write(json =>
    {
        json.WriteString("reason", ReasonName);
        json.WriteBoolean("retry", Retry);
        if (After is { } after) json.WriteNumber("afterMs", (long)after.TotalMilliseconds);
        PayloadJson.WriteTime(json, "serverTime", ServerTime);
        if (InReplyTo is not null) json.WriteString("inReplyTo", InReplyTo);
        if (Detail is not null) json.WriteString("detail", Detail);
    });

    /// <summary>
    /// Reads the content of a <c>close</c> frame. Returns false when the reason or the time is missing. Unknown fields are ignored,
    /// and a missing <c>retry</c> means true. A delay outside 0 to <see cref="MaxAfter"/> is clamped to that range.
    /// </summary>
    public static bool TryParse(in ReadOnlySequence<byte> content, [NotNullWhen(true)] out ClosePayload? close)
    {
        close = null;
        if (!PayloadJson.TryParseObject(content, out var document)) return false;
        using (document)
        {
            var root = document.RootElement;
            if (PayloadJson.Text(root, "reason") is not { Length: > 0 } name || PayloadJson.Time(root, "serverTime") is not { } serverTime) return false;
            close = new ClosePayload(CloseReasons.TryParse(name, out var reason) ? null : name)
            {
                Reason = reason,
                Retry = PayloadJson.Flag(root, "retry") ?? true,
                After = ReadAfter(root),
                ServerTime = serverTime,
                InReplyTo = PayloadJson.Text(root, "inReplyTo"),
                Detail = PayloadJson.Text(root, "detail"),
            };
            return true;
        }
    }

    private static TimeSpan? ReadAfter(JsonElement root)
    {
        if (!root.TryGetProperty("afterMs", out var value) || value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var milliseconds)) return null;
        return TimeSpan.FromMilliseconds(Math.Clamp(milliseconds, 0, MaxAfter.TotalMilliseconds));
    }
}
