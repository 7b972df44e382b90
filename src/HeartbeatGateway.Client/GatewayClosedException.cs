namespace HeartbeatGateway.Client;

/// <summary>The client has stopped permanently; <see cref="End"/> states why.</summary>
public sealed class GatewayClosedException : Exception
{
    /// <summary>Creates an exception for an end.</summary>
    /// <param name="end">Why the client stopped.</param>
    public GatewayClosedException(DisconnectInfo end)
        : base(end?.Message, end?.Exception)
    {
        ArgumentNullException.ThrowIfNull(end);
        End = end;
    }

    /// <summary>Why the client stopped.</summary>
    public DisconnectInfo End { get; }
}
