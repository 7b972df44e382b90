namespace HeartbeatGateway.Cli.Terminals;

/// <summary>Keys as a person types them, without echo.</summary>
internal interface IKeyboard
{
    /// <summary>The next key; null when there are no more.</summary>
    ValueTask<ConsoleKeyInfo?> ReadAsync(CancellationToken cancellation);
}
