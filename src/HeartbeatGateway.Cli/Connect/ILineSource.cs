namespace HeartbeatGateway.Cli.Connect;

/// <summary>Lines that are to be sent.</summary>
internal interface ILineSource
{
    /// <summary>The next line; null at the end.</summary>
    ValueTask<string?> ReadAsync(CancellationToken cancellation);
}
