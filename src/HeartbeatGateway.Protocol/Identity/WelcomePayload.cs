using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Protocol.Identity;

/// <summary>The JSON content of a <c>welcome</c> frame: the gateway's answer to a hello.</summary>
public sealed record WelcomePayload
{
    /// <summary>The id of the session. A later hello can ask to resume the session.</summary>
    public required string SessionId { get; init; }

    /// <summary>The generation of the connection. Each new connection of a client id has a higher one, also after a restart of the gateway.</summary>
    public required long Generation { get; init; }

    /// <summary>True when the gateway recognizes this connection as a reconnect of the client.</summary>
    public required bool Reconnected { get; init; }

    /// <summary>True when the gateway still had the requested session and resumed it.</summary>
    public required bool Resumed { get; init; }

    /// <summary>The interval at which the client must send heartbeats.</summary>
    public required TimeSpan Heartbeat { get; init; }

    /// <summary>The idle timeout: the gateway closes the connection when it receives no byte for this time. Zero: no timeout.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>
    /// The largest content, in bytes, that the gateway accepts in a frame of this connection. A changed setting never lowers it while the
    /// connection is open. Null: the gateway does not state it.
    /// </summary>
    public int? MaxContentBytes { get; init; }

    /// <summary>
    /// The time on the gateway's clock, for display only. A client corrects its own clock only from a <c>close</c> frame that quotes
    /// the client's token.
    /// </summary>
    public required DateTimeOffset ServerTime { get; init; }

    /// <summary>
    /// With the feature <see cref="ProtocolFeatures.Ack"/>: the number through which the gateway has accepted the frames of this instance. Null: it knows none.
    /// </summary>
    public long? Accepted { get; init; }

    /// <summary>
    /// With the feature <see cref="ProtocolFeatures.Ack"/>: names the numbering of the gateway's frames for this client id, 1 to 128 characters. While it stays
    /// the same, a frame whose number was received before is a duplicate; a new one begins again at 1.
    /// </summary>
    public string? Pushes { get; init; }

    /// <summary>The features that both sides support.</summary>
    public ImmutableArray<string> Features { get; init; } = [];

    /// <summary>The content of the frame, UTF-8.</summary>
    public byte[] ToJson() => PayloadJson.Write(json =>
    {
        json.WriteString("sessionId", SessionId);
        json.WriteNumber("generation", Generation);
        json.WriteBoolean("reconnected", Reconnected);
        json.WriteBoolean("resumed", Resumed);
        json.WriteNumber("heartbeatSeconds", Heartbeat.TotalSeconds);
        json.WriteNumber("timeoutSeconds", Timeout.TotalSeconds);
        if (MaxContentBytes is { } maxContentBytes) json.WriteNumber("maxContentBytes", maxContentBytes);
        PayloadJson.WriteTime(json, "serverTime", ServerTime);
        if (Accepted is { } accepted) json.WriteNumber("accepted", accepted);
        if (Pushes is not null) json.WriteString("pushes", Pushes);
        PayloadJson.WriteFeatures(json, Features);
    });

    /// <summary>
    /// Reads the content of a <c>welcome</c> frame. Returns false when a required field is missing or breaks its rule. Unknown fields are
    /// ignored.
    /// </summary>
    public static bool TryParse(in ReadOnlySequence<byte> content, [NotNullWhen(true)] out WelcomePayload? welcome)
    {
        welcome = null;
        if (!PayloadJson.TryParseObject(content, out var document)) return false;
        using (document)
        {
            var root = document.RootElement;
            if (PayloadJson.Text(root, "sessionId") is not { Length: >= 1 and <= HelloPayload.MaxTextLength } sessionId
                || !root.TryGetProperty("generation", out var number) || number.ValueKind != JsonValueKind.Number || !number.TryGetInt64(out var generation)
                || PayloadJson.Seconds(root, "heartbeatSeconds") is not { } heartbeat || heartbeat == TimeSpan.Zero
                || PayloadJson.Seconds(root, "timeoutSeconds") is not { } timeout
                || PayloadJson.Time(root, "serverTime") is not { } serverTime
                || !TryReadLimit(root, out var maxContentBytes)
                || !TryReadAccepted(root, out var accepted)
                || !TryReadPushes(root, out var pushes))
            {
                return false;
            }

            welcome = new WelcomePayload
            {
                SessionId = sessionId,
                Generation = generation,
                Reconnected = PayloadJson.Flag(root, "reconnected") ?? false,
                Resumed = PayloadJson.Flag(root, "resumed") ?? false,
                Heartbeat = heartbeat,
                Timeout = timeout,
                MaxContentBytes = maxContentBytes,
                ServerTime = serverTime,
                Accepted = accepted,
                Pushes = pushes,
                Features = PayloadJson.ReadFeatures(root) ?? [],
            };
            return true;
        }
    }

    private static bool TryReadAccepted(JsonElement root, out long? accepted)
    {
        accepted = null;
        if (!root.TryGetProperty("accepted", out var value) || value.ValueKind == JsonValueKind.Null) return true;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out var number) || number is < 0 or > FrameNumber.Max) return false;
        accepted = number;
        return true;
    }

    private static bool TryReadPushes(JsonElement root, out string? pushes)
    {
        pushes = null;
        if (!root.TryGetProperty("pushes", out var value) || value.ValueKind == JsonValueKind.Null) return true;
        pushes = PayloadJson.Text(root, "pushes");
        return pushes is { Length: >= 1 and <= HelloPayload.MaxTextLength };
    }

    private static bool TryReadLimit(JsonElement root, out int? limit)
    {
        limit = null;
        if (!root.TryGetProperty("maxContentBytes", out var value) || value.ValueKind == JsonValueKind.Null) return true;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out var number) || number < 0) return false;
        limit = number;
        return true;
    }
}
