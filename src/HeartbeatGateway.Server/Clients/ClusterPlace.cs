using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Server.Clients;

/// <summary>
/// The place of one connection in the cluster's directory, from the question about its hello until it has left. A gateway without a cluster has none.
/// </summary>
internal sealed class ClusterPlace(IClientConnection connection, HelloPayload hello, long now)
{
    private volatile bool _hasLeft;

    public IClientConnection Connection => connection;

    public string ClientId { get; } = hello.ClientId;

    public string? Instance { get; } = hello.Instance;

    public long Attempt { get; } = hello.Attempt ?? ClientSession.NoAttempt;

    /// <summary>Timestamp of the hello: the directory orders connections of different nodes by it.</summary>
    public long EnteredAt => now;

    /// <summary>The session that the directory has.</summary>
    public Guid SessionId { get; set; } = Guid.NewGuid();

    /// <summary>The generation; 0 until it is drawn.</summary>
    public long Generation { get; set; }

    /// <summary>The client's connection before, on whatever node. Null when there was none, and once the client is registered.</summary>
    public ClusterPrevious? Previous { get; set; }

    /// <summary>Time units from the last byte of that connection to the first frame of this one; null when it is not known.</summary>
    public long? PreviousGap { get; set; }

    /// <summary>It was welcomed without the directory, which has not claimed its token.</summary>
    public bool IsUnclaimed { get; set; }

    /// <inheritdoc cref="ClusterHello.TokenFingerprint"/>
    public string? TokenFingerprint { get; set; }

    /// <inheritdoc cref="ClusterHello.ClaimFor"/>
    public TimeSpan ClaimFor { get; set; }

    /// <summary>The next older one of the same client. Under the roster's lock.</summary>
    public ClusterPlace? Older { get; set; }

    /// <summary>It is counted among the hellos that wait. Under the roster's lock.</summary>
    public bool IsWaiting { get; set; }

    /// <summary>What is kept of the client went to the node that took over: nothing is left to give up. Written under the roster's lock.</summary>
    public bool IsGivenUp { get; set; }

    /// <summary>It has left. Written under the roster's lock.</summary>
    public bool HasLeft
    {
        get => _hasLeft;
        set => _hasLeft = value;
    }
}
