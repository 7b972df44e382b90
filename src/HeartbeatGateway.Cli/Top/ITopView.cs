namespace HeartbeatGateway.Cli.Top;

/// <summary>Shows snapshots, one after another.</summary>
internal interface ITopView
{
    Task ShowAsync(TopSnapshot snapshot);

    /// <summary>The gateway did not answer this time.</summary>
    Task ShowFailureAsync(string message);
}
