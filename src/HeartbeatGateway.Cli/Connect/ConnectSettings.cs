namespace HeartbeatGateway.Cli.Connect;

/// <summary>The settings of a session.</summary>
/// <param name="Type">The type of the frames to send.</param>
/// <param name="Stay">The length of the session from its start; null to run until the input ends or the user quits.</param>
/// <param name="GiveUpAfter">The time limit for the first connection; null for no limit.</param>
/// <param name="FlushTimeout">At the end of the session: the longest wait for a connection that takes the next queued message.</param>
internal sealed record ConnectSettings(string Type, TimeSpan? Stay, TimeSpan? GiveUpAfter, TimeSpan FlushTimeout);
