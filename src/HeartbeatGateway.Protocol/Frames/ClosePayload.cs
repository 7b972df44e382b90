using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace HeartbeatGateway.Protocol.Frames;

/// <summary>The JSON content of a <c>close</c> frame: why the gateway closes and what the client should do.</summary>
public sealed record ClosePayload
{
    /// <summary>The longest wait that a client accepts from a gateway: a day.</summary>
    public static readonly TimeSpan MaxAfter = TimeSpan.FromDays(1);

    private readonly string? _reasonName;

    /// <summary>For payloads that are made here, not read.</summary>
    public ClosePayload()
    {
    }

    private ClosePayload(string? unknownReason) => _reasonName = unknownReason;

    /// <summary>Why; <see cref="CloseReason.None"/> for a reason that this version does not know, see <see cref="ReasonName"/>.</summary>
    public required CloseReason Reason { get; init; }

    /// <summary>The reason as it stands on the wire.</summary>
    public string ReasonName => _reasonName ?? Reason.ToWireName();

    /// <summary>False when the client must not come back.</summary>
    public required bool Retry { get; init; }

    /// <summary>The reconnect slot that the gateway assigns: wait this long before the first attempt. Null: the client's own backoff.</summary>
    public TimeSpan? After { get; init; }

    /// <summary>The gateway's clock.</summary>
    public required DateTimeOffset ServerTime { get; init; }

    /// <summary>The token of the frame that this answers, set for <see cref="CloseReason.TokenExpired"/> only.</summary>
    public string? InReplyTo { get; init; }

    /// <summary>What was wrong and what to do, in a sentence for people; null where the reason says it all.</summary>
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
    /// Reads the content of a <c>close</c> frame; false when it has no reason or no time. Unknown fields are ignored; a missing
    /// <c>retry</c> means true; a wait outside 0 to <see cref="MaxAfter"/> is taken as the nearer end.
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
