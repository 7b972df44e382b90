using HeartbeatGateway.Epoll;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Tests.Transport.Loops;

/// <summary>A loop that does what a test says.</summary>
internal sealed class FakeLoop(int number) : IWatchedLoop
{
    public int Number { get; } = number;

    public int ConnectionCount { get; set; } = 1;

    public ConnectionContext? Serving { get; private set; }

    public uint Served { get; private set; }

    public bool IsPinged { get; set; }

    public bool IsBlocked { get; set; }

    /// <summary>The loop begins with an event.</summary>
    public void Enter(ConnectionContext connection)
    {
        Served++;
        Serving = connection;
    }

    /// <summary>The loop waits for events.</summary>
    public void Leave() => Serving = null;
}
