using System.Globalization;
using HeartbeatGateway.Epoll;

namespace HeartbeatGateway.Health;

/// <summary>Checks that every event loop of the transport goes on. A ping of a client reaches one of them only.</summary>
internal static class LoopProbe
{
    /// <param name="transport">The transport on epoll; null when another one is in use.</param>
    /// <param name="within">The time that the loops have to answer.</param>
    /// <param name="timeProvider">Measures it.</param>
    /// <returns>Null when all loops have answered; otherwise which one has not, and in which connection it is.</returns>
    public static async Task<string?> CheckAsync(EpollTransport? transport, TimeSpan within, TimeProvider timeProvider)
    {
        if (transport is null) return null;
        using var timeout = new CancellationTokenSource(within, timeProvider);
        try
        {
            await transport.PingAsync(timeout.Token);
            return null;
        }
        catch (OperationCanceledException)
        {
            var silent = transport.ReadLoopStates().Where(s => s.IsPinged).ToList();
            return silent.Count == 0 ? null : Describe(silent.MaxBy(s => s.Busy), silent.Count);
        }
    }

    /// <summary>Without the peer's address, which health checks do not need: the log tells it.</summary>
    private static string Describe(EpollLoopState state, int silent)
    {
        var others = silent == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $", and {silent - 1} more do not answer");
        return state.ConnectionId is null || state.Busy == TimeSpan.Zero
            ? string.Create(CultureInfo.InvariantCulture, $"event loop {state.Loop} with {state.Connections} connections does not answer{others}")
            : string.Create(CultureInfo.InvariantCulture, $"event loop {state.Loop} has been in connection {state.ConnectionId} for {state.Busy.TotalSeconds:0.0} s{others}");
    }
}
