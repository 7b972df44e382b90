using HeartbeatGateway.Server.Context;

namespace HeartbeatGateway.Server.Limits;

/// <summary>
/// Measures how fast one connection sends pings. A second with more pings than allowed is a strike. Enough strikes in a row are a flood; a second
/// within the limit resets them, so a client that catches up after a pause is not a flood.
/// </summary>
internal static class PingRate
{
    /// <summary>Counts a ping.</summary>
    /// <param name="connection">The connection that it came on.</param>
    /// <param name="settings">The settings in force; their limit is on.</param>
    /// <param name="now">The timestamp of the read that brought it.</param>
    /// <param name="second">A second, in timestamp units.</param>
    public static void Count(ILimitedConnection connection, EngineSettings settings, long now, long second)
    {
        var state = connection.Limits ??= new LimitState();
        if (state.SecondBegan == 0 || now - state.SecondBegan >= second)
        {
            // A second within the limit, or one in which no ping came.
            if (state.Pings <= settings.PingsPerSecond || now - state.SecondBegan >= 2 * second) state.Strikes = 0;
            state.SecondBegan = now;
            state.Pings = 0;
        }

        if (++state.Pings == settings.PingsPerSecond + 1) state.Strikes++;
    }

    /// <summary>True when the connection has reached the number of strikes that makes a flood.</summary>
    public static bool IsFlood(ILimitedConnection connection, EngineSettings settings) => connection.Limits is { } state && state.Strikes >= settings.PingStrikes;
}
