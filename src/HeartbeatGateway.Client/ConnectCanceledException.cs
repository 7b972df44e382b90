namespace HeartbeatGateway.Client;

/// <summary>The wait in <see cref="GatewayClient.ConnectAsync"/> was cancelled before the client had connected; <see cref="LastEnd"/> states why.</summary>
public sealed class ConnectCanceledException : OperationCanceledException
{
    /// <summary>Creates an exception.</summary>
    /// <param name="lastEnd">Why the most recent attempt failed; null when none has ended.</param>
    /// <param name="cancellationToken">The token that was cancelled.</param>
    public ConnectCanceledException(DisconnectInfo? lastEnd, CancellationToken cancellationToken)
        : base(Describe(lastEnd), lastEnd?.Exception, cancellationToken) => LastEnd = lastEnd;

    /// <summary>Why the most recent attempt failed; null when none has ended.</summary>
    public DisconnectInfo? LastEnd { get; }

    private static string Describe(DisconnectInfo? lastEnd) => lastEnd is null
        ? "The wait for a connection was cancelled before the first attempt had ended."
        : $"The wait for a connection was cancelled. The most recent attempt failed: {lastEnd.Message}";
}
