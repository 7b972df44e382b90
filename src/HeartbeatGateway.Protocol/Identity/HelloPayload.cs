using System.Buffers;
using System.Collections.Immutable;

namespace HeartbeatGateway.Protocol.Identity;

/// <summary>The JSON content of a <c>hello</c> frame: the client gives its client id and the features that it supports.</summary>
public sealed record HelloPayload
{
    /// <summary>The largest content of a hello, in bytes. All fields at their largest need a little more than half of it.</summary>
    public const int MaxBytes = 4096;

    /// <summary>The minimum length of the nonce, in characters.</summary>
    public const int MinNonceLength = 16;

    /// <summary>The maximum length of the nonce, the instance and the session id, in characters.</summary>
    public const int MaxTextLength = 128;

    /// <summary>The longest heartbeat interval that a client can request: one day.</summary>
    public static readonly TimeSpan MaxHeartbeat = TimeSpan.FromDays(1);

    /// <summary>The client id; see <see cref="Identity.ClientId.IsValid"/>.</summary>
    public required string ClientId { get; init; }

    /// <summary>
    /// A random text that the client creates once per start. It distinguishes a reconnect from a second client with the same client id.
    /// </summary>
    public string? Instance { get; init; }

    /// <summary>The number of the connection attempt of this instance. It only increases.</summary>
    public long? Attempt { get; init; }

    /// <summary>A random text of 16 to 128 characters, new for each hello, so that no two hellos have the same token.</summary>
    public required string Nonce { get; init; }

    /// <summary>The heartbeat interval that the client requests; null when the gateway chooses it.</summary>
    public TimeSpan? Heartbeat { get; init; }

    /// <summary>The id of the previous session of the client; null when there is none.</summary>
    public string? Resume { get; init; }

    /// <summary>The field <c>client</c>: the client's library and its version, see <see cref="ClientLibrary.IsValid"/>; null when the client does not tell.</summary>
    public string? Library { get; init; }

    /// <summary>The features that the client supports; see <see cref="ProtocolFeatures"/>.</summary>
    public ImmutableArray<string> Features { get; init; } = [];

    /// <summary>
    /// The field <c>sent</c>: the highest number of a frame that this instance has sent on earlier connections; null when it has sent none. The gateway marks
    /// frames up to this number as possible duplicates, unless it knows better.
    /// </summary>
    public long? Sent { get; init; }

    /// <summary>The content of the frame, UTF-8.</summary>
    public byte[] ToJson() => PayloadJson.Write(json =>
    {
        json.WriteString("clientId", ClientId);
        if (Instance is not null) json.WriteString("instance", Instance);
        if (Attempt is { } attempt) json.WriteNumber("attempt", attempt);
        json.WriteString("nonce", Nonce);
        if (Heartbeat is { } heartbeat) json.WriteNumber("heartbeatSeconds", heartbeat.TotalSeconds);
        if (Resume is not null) json.WriteString("resume", Resume);
        if (Library is not null) json.WriteString("client", Library);
        if (Sent is { } sent) json.WriteNumber("sent", sent);
        PayloadJson.WriteFeatures(json, Features);
    });

    /// <summary>
    /// Reads the content of a <c>hello</c> frame. Unknown fields are ignored. Content above <see cref="MaxBytes"/> is not parsed: it is malformed
    /// when it contains the text <c>"clientId"</c>, and no hello otherwise.
    /// </summary>
    public static HelloReading Read(in ReadOnlySequence<byte> content)
    {
        if (content.Length > MaxBytes) return ReadTooLong(content);
        if (!PayloadJson.TryParseObject(content, out var document)) return default;
        using (document)
        {
            if (!document.RootElement.TryGetProperty("clientId", out _)) return default;
            var fields = new HelloFields(document.RootElement);
            var hello = new HelloPayload
            {
                ClientId = fields.ClientId(),
                Instance = fields.OptionalText("instance"),
                Attempt = fields.Attempt(),
                Nonce = fields.Nonce(),
                Heartbeat = fields.Heartbeat(),
                Resume = fields.OptionalText("resume"),
                Library = fields.Library(),
                Sent = fields.Sent(),
                Features = fields.Features(),
            };
            return fields.Fault is null
                ? new HelloReading(HelloOutcome.Valid, hello, null, hello.Features.Contains(ProtocolFeatures.Close))
                : new HelloReading(HelloOutcome.Malformed, null, fields.Fault, hello.Features.Contains(ProtocolFeatures.Close));
        }
    }

    private static HelloReading ReadTooLong(in ReadOnlySequence<byte> content)
    {
        var bytes = content.IsSingleSegment ? content.FirstSpan : content.ToArray();
        return bytes.IndexOf("\"clientId\""u8) < 0
            ? default
            : new HelloReading(HelloOutcome.Malformed, null, $"the content has {content.Length} bytes, but a hello has at most {MaxBytes}", bytes.IndexOf("\"close\""u8) >= 0);
    }
}
