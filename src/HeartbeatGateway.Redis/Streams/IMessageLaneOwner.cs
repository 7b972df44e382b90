using HeartbeatGateway.Server.Messages;

namespace HeartbeatGateway.Redis.Streams;

/// <summary>What a lane needs of its sink.</summary>
internal interface IMessageLaneOwner
{
    SinkBooks Books { get; }

    /// <summary>No more waiting between two attempts.</summary>
    CancellationToken Ending { get; }

    /// <summary>Why a message is given up now; null when it is not.</summary>
    SinkDropCause? GiveUpCause(WaitingMessage message);

    /// <summary>The message is given up.</summary>
    void GaveUp(WaitingMessage message, SinkDropCause cause);

    /// <summary>The message is in the stream.</summary>
    void Added(WaitingMessage message);

    /// <summary>An attempt has ended.</summary>
    /// <param name="failed">How many of its messages are not in the stream.</param>
    /// <param name="wasFailing">The attempt before of the same lane failed.</param>
    /// <param name="failure">Why; null when all are.</param>
    void Tried(int failed, bool wasFailing, Exception? failure);
}
