namespace HeartbeatGateway.Cli.Terminals;

/// <summary>Reads keys as they are typed, without echo.</summary>
internal interface IKeyboard
{
    /// <summary>The next key; null when there are no more.</summary>
    ValueTask<ConsoleKeyInfo?> ReadAsync(CancellationToken cancellation);
}
