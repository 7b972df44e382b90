using System.Collections.Immutable;
using HeartbeatGateway.Protocol.Identity;

namespace HeartbeatGateway.Server.Clients;

/// <summary>The identity of a connection, from its hello. One for each connection that sent a hello.</summary>
internal sealed class ClientSession
{
    /// <summary>The attempt of a hello without one.</summary>
    public const long NoAttempt = -1;

    private static readonly ImmutableArray<string> CloseAlone = [ProtocolFeatures.Close];
    private static readonly ImmutableArray<string> AckAlone = [ProtocolFeatures.Ack];
    private static readonly ImmutableArray<string> CloseAndAck = [ProtocolFeatures.Close, ProtocolFeatures.Ack];

    public required string ClientId { get; init; }

    public required string? Instance { get; init; }

    /// <summary>The attempt; <see cref="NoAttempt"/> when the hello has none.</summary>
    public required long Attempt { get; init; }

    /// <summary>Names the session; random, so that it cannot be guessed.</summary>
    public required Guid Id { get; init; }

    public required long Generation { get; init; }

    /// <summary>The negotiated reader-idle limit, in timestamp units; 0 when the gateway's own holds.</summary>
    public required long ReaderIdle { get; init; }

    /// <summary>The largest content that the welcome announced, in bytes; settings that change later do not lower it for this connection.</summary>
    public required int MaxContentBytes { get; init; }

    /// <summary>The client understands <c>close</c> frames.</summary>
    public required bool AcceptsClose { get; init; }

    /// <summary>The name and version of the client's library, from its hello; null when it told none. Equal ones are one string.</summary>
    public required string? Library { get; init; }

    /// <summary>How often the client has reconnected, this connection included, since it is known. Set under the directory's lock.</summary>
    public required int Reconnects { get; set; }

    /// <summary>With the feature <c>ack</c>, what that needs; null without it.</summary>
    public AckSession? Ack { get; init; }

    /// <summary>Its place in the cluster's directory; null without a cluster.</summary>
    public ClusterPlace? Cluster { get; init; }

    /// <summary>The client is registered: with the feature <c>ack</c>, not before the connection is confirmed.</summary>
    public bool IsRegistered => Ack is null or { IsConfirmed: true };

    /// <summary>The features that the welcome granted.</summary>
    public ImmutableArray<string> GrantedFeatures => (AcceptsClose, Ack) switch
    {
        (true, null) => CloseAlone,
        (true, _) => CloseAndAck,
        (false, null) => [],
        _ => AckAlone,
    };

    /// <summary>True for a hello of the same process of the client: both name an instance, and it is the same.</summary>
    public bool IsOfInstance(string? instance) => instance is not null && Instance == instance;

    /// <summary>True when a hello of an instance and attempt is from an attempt that its client gave up for this one.</summary>
    public bool IsLaterThan(string? instance, long attempt) => IsOfInstance(instance) && attempt >= 0 && attempt < Attempt;

    /// <summary>Reads a session id as it stands on the wire; false for other texts.</summary>
    public static bool TryParse(string text, out Guid id) => Guid.TryParseExact(text, "N", out id);

    /// <summary>A session id as it stands on the wire.</summary>
    public static string Text(Guid id) => id.ToString("N");
}
