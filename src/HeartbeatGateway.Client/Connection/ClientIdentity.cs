using System.Collections.Immutable;
using System.Security.Cryptography;
using HeartbeatGateway.Protocol.Identity;

namespace HeartbeatGateway.Client.Connection;

/// <summary>The identity that the client sends in its hello, across all connections. Used only by the attempt in flight.</summary>
internal sealed class ClientIdentity(GatewayClientOptions options)
{
    private const int RandomBytes = 16;
    private static readonly ImmutableArray<string> Features = [ProtocolFeatures.Close];
    private static readonly ImmutableArray<string> FeaturesWithAck = [ProtocolFeatures.Close, ProtocolFeatures.Ack];
    private readonly string _instance = RandomText();

    /// <summary>The number of connection attempts, one per address.</summary>
    public long Attempt { get; private set; }

    /// <summary>The session id from the most recent welcome.</summary>
    public string? SessionId { get; set; }

    public void NextAttempt() => Attempt++;

    /// <summary>The hello of this attempt; null for an anonymous client.</summary>
    /// <param name="acknowledged">Asks for acknowledgements.</param>
    /// <param name="sent">The highest number that was sent on earlier connections; 0 for none.</param>
    public HelloPayload? Hello(bool acknowledged = false, long sent = 0) => options.ClientId is null ? null : new HelloPayload
    {
        ClientId = options.ClientId,
        Instance = _instance,
        Attempt = Attempt,
        Nonce = RandomText(),
        Heartbeat = options.Heartbeat,
        Resume = SessionId,
        Library = options.Library ?? OwnLibrary.Text,
        Sent = acknowledged && sent > 0 ? sent : null,
        Features = acknowledged ? FeaturesWithAck : Features,
    };

    private static string RandomText() => Convert.ToHexString(RandomNumberGenerator.GetBytes(RandomBytes));
}
