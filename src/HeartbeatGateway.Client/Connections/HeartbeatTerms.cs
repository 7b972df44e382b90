namespace HeartbeatGateway.Client.Connections;

/// <summary>What a client makes of the heartbeat that it was granted.</summary>
internal static class HeartbeatTerms
{
    // A gateway that asks for more is not followed, unless the client itself wanted that.
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    public static TimeSpan Granted(TimeSpan granted, GatewayClientOptions options)
    {
        var floor = options.Heartbeat < Shortest ? options.Heartbeat : Shortest;
        return granted < floor ? floor : granted;
    }

    /// <summary>Longer than what was asked for takes longer to miss: two heartbeats at least.</summary>
    public static TimeSpan DeadAfter(TimeSpan heartbeat, GatewayClientOptions options) =>
        heartbeat > options.Heartbeat && 2 * heartbeat > options.DeadAfter ? 2 * heartbeat : options.DeadAfter;
}
