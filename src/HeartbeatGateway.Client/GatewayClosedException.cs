namespace HeartbeatGateway.Client;

/// <summary>The client has ended for good; <see cref="End"/> tells why.</summary>
public sealed class GatewayClosedException : Exception
{
    /// <summary>Makes an exception out of an end.</summary>
    /// <param name="end">Why the client ended.</param>
    public GatewayClosedException(DisconnectInfo end)
        : base(end?.Message, end?.Exception)
    {
        ArgumentNullException.ThrowIfNull(end);
        End = end;
    }

    /// <summary>Why the client ended.</summary>
    public DisconnectInfo End { get; }
}
