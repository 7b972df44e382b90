namespace HeartbeatGateway.Cli.Connect;

/// <summary>Reads the lines to send.</summary>
internal interface ILineSource
{
    /// <summary>The next line; null at the end.</summary>
    ValueTask<string?> ReadAsync(CancellationToken cancellation);
}
