namespace HeartbeatGateway.Cli.Top;

/// <summary>Shows snapshots in sequence.</summary>
internal interface ITopView
{
    Task ShowAsync(TopSnapshot snapshot);

    /// <summary>Shows that a scrape failed.</summary>
    Task ShowFailureAsync(string message);
}
