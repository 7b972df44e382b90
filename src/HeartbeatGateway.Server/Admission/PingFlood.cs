namespace HeartbeatGateway.Server.Admission;

/// <summary>
/// Tells who pings too fast. A second with more pings than allowed is a strike; so many strikes in a row are a flood, and a second that keeps to the
/// limit takes all of them back: a client that catches up after a pause is none.
/// </summary>
internal static class PingFlood
{
    /// <summary>Counts a ping.</summary>
    /// <param name="connection">The connection that it came on.</param>
    /// <param name="settings">The settings in force; their limit is on.</param>
    /// <param name="now">The timestamp of the read that brought it.</param>
    /// <param name="second">A second, in timestamp units.</param>
    /// <returns>True when the client has had all its strikes.</returns>
    public static bool IsOne(GatewayConnection connection, EngineSettings settings, long now, long second)
    {
        var record = connection.Limits ??= new LimitState();
        if (record.SecondBegan == 0 || now - record.SecondBegan >= second)
        {
            // A second that kept to the limit, or in which nothing came.
            if (record.Pings <= settings.PingsPerSecond || now - record.SecondBegan >= 2 * second) record.Strikes = 0;
            record.SecondBegan = now;
            record.Pings = 0;
        }

        if (++record.Pings == settings.PingsPerSecond + 1) record.Strikes++;
        return record.Strikes >= settings.PingStrikes;
    }
}
