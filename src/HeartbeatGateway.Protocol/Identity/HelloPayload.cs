using System.Buffers;
using System.Collections.Immutable;

namespace HeartbeatGateway.Protocol.Identity;

/// <summary>The JSON content of a <c>hello</c> frame: a client names itself and says what it can.</summary>
public sealed record HelloPayload
{
    /// <summary>The shortest nonce, in characters.</summary>
    public const int MinNonceLength = 16;

    /// <summary>The longest nonce, instance and session id, in characters.</summary>
    public const int MaxTextLength = 128;

    /// <summary>The longest heartbeat interval that can be asked for: a day.</summary>
    public static readonly TimeSpan MaxHeartbeat = TimeSpan.FromDays(1);

    /// <summary>Who the client is; see <see cref="Identity.ClientId.IsValid"/>.</summary>
    public required string ClientId { get; init; }

    /// <summary>Random, made once for each start of the client: tells a reconnect from a second client of the same name.</summary>
    public string? Instance { get; init; }

    /// <summary>Counts the connection attempts of this instance; only rises.</summary>
    public long? Attempt { get; init; }

    /// <summary>Random, made for each hello, 16 to 128 characters: no two hellos have the same token.</summary>
    public required string Nonce { get; init; }

    /// <summary>How often the client means to send a heartbeat; null leaves it to the gateway.</summary>
    public TimeSpan? Heartbeat { get; init; }

    /// <summary>The session that the client had before, if any.</summary>
    public string? Resume { get; init; }

    /// <summary>The extensions that the client knows; see <see cref="ProtocolFeatures"/>.</summary>
    public ImmutableArray<string> Features { get; init; } = [];

    /// <summary>The content of the frame, UTF-8.</summary>
    public byte[] ToJson() => PayloadJson.Write(json =>
    {
        json.WriteString("clientId", ClientId);
        if (Instance is not null) json.WriteString("instance", Instance);
        if (Attempt is { } attempt) json.WriteNumber("attempt", attempt);
        json.WriteString("nonce", Nonce);
        if (Heartbeat is { } heartbeat) json.WriteNumber("heartbeatSeconds", heartbeat.TotalSeconds);
        if (Resume is not null) json.WriteString("resume", Resume);
        PayloadJson.WriteFeatures(json, Features);
    });

    /// <summary>Reads the content of a <c>hello</c> frame. Fields that this version does not know are ignored.</summary>
    public static HelloReading Read(in ReadOnlySequence<byte> content)
    {
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
                Features = fields.Features(),
            };
            return fields.Fault is null
                ? new HelloReading(HelloOutcome.Valid, hello, null, hello.Features.Contains(ProtocolFeatures.Close))
                : new HelloReading(HelloOutcome.Malformed, null, fields.Fault, hello.Features.Contains(ProtocolFeatures.Close));
        }
    }
}
