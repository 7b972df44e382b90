using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Epoll;

/// <summary>What a loop publishes of its work. Every member can be read on any thread, without a lock.</summary>
internal interface IWatchedLoop
{
    int Number { get; }

    /// <summary>Connections of the loop.</summary>
    int ConnectionCount { get; }

    /// <summary>The connection whose events the loop handles at the moment; null while it waits for events.</summary>
    ConnectionContext? Serving { get; }

    /// <summary>Events that the loop has begun to handle. It wraps around.</summary>
    uint Served { get; }

    /// <summary>Whether a ping waits for the loop's answer.</summary>
    bool IsPinged { get; }

    /// <summary>Whether a program has blocked the loop for so long that it gets no new connections; set by the <see cref="LoopWatch"/>.</summary>
    bool IsBlocked { get; set; }
}
