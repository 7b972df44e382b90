namespace HeartbeatGateway.Server.Clusters;

/// <summary>What became of a question to a node.</summary>
public enum NodeAnswerKind
{
    /// <summary>The node has answered.</summary>
    Answered,

    /// <summary>No node listens under this epoch, or the cluster cannot be reached: the question has reached nobody.</summary>
    Unreachable,

    /// <summary>No answer came in time: the node may have done what was asked.</summary>
    Unknown,

    /// <summary>The node does not know the verb, or failed; its log says why.</summary>
    Failed,
}

/// <summary>A node's answer.</summary>
/// <param name="Kind">What became of the question.</param>
/// <param name="Body">The answer; empty unless answered.</param>
public readonly record struct NodeAnswer(NodeAnswerKind Kind, ReadOnlyMemory<byte> Body);
