using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Redis;

/// <summary>Questions from node to node. Thread-safe.</summary>
internal interface INodeChannel
{
    /// <summary>Listens under an epoch from now on, and still under the ones before. Tried again until it succeeds.</summary>
    /// <param name="epoch">The epoch.</param>
    void Listen(string epoch);

    /// <summary>Listens no longer under the epochs before the present one: the directory names them no more.</summary>
    void LeaveFormer();

    /// <summary>As <see cref="ICluster.AskAsync"/>.</summary>
    ValueTask<NodeAnswer> AskAsync(string epoch, string verb, ReadOnlyMemory<byte> body, CancellationToken cancellationToken);

    /// <summary>As <see cref="ICluster.Answer"/>.</summary>
    void Answer(string verb, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>>> answer);
}
