using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace HeartbeatGateway.Protocol.Identity;

/// <summary>The JSON content of a <c>welcome</c> frame: the gateway's answer to a hello.</summary>
public sealed record WelcomePayload
{
    /// <summary>Names the session; a later hello may ask to resume it.</summary>
    public required string SessionId { get; init; }

    /// <summary>Counts the connections of this identity: each new one has a higher generation, across restarts of the gateway too.</summary>
    public required long Generation { get; init; }

    /// <summary>The client was here before.</summary>
    public required bool Reconnected { get; init; }

    /// <summary>The gateway still knew the session.</summary>
    public required bool Resumed { get; init; }

    /// <summary>How often the client is to send a heartbeat.</summary>
    public required TimeSpan Heartbeat { get; init; }

    /// <summary>After how long a silence the gateway closes; zero for never.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>The gateway's clock. For display: a client corrects its own only by a <c>close</c> that quotes its token.</summary>
    public required DateTimeOffset ServerTime { get; init; }

    /// <summary>The extensions that both sides know.</summary>
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
        PayloadJson.WriteTime(json, "serverTime", ServerTime);
        PayloadJson.WriteFeatures(json, Features);
    });

    /// <summary>Reads the content of a <c>welcome</c> frame; false when a field is missing or breaks its rule. Unknown fields are ignored.</summary>
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
                || PayloadJson.Time(root, "serverTime") is not { } serverTime)
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
                ServerTime = serverTime,
                Features = PayloadJson.ReadFeatures(root) ?? [],
            };
            return true;
        }
    }
}
