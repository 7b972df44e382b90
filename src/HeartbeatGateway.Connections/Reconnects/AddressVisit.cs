namespace HeartbeatGateway.Connections.Reconnects;

/// <summary>
/// What the history of an address knows of a connection. An object of its own: the history keeps it for longer than the connection lasts,
/// and must not keep that.
/// </summary>
internal sealed class AddressVisit(AddressTrace trace)
{
    /// <summary>For connections that are not waited for: shared, since nothing will change for them.</summary>
    public static readonly AddressVisit Uncounted = new(AddressTrace.Uncounted);

    /// <inheritdoc cref="AddressTrace.Counted"/>
    public static readonly AddressVisit Counted = new(AddressTrace.Counted);

    /// <summary>Read and written under the history's lock.</summary>
    public AddressTrace Trace { get; set; } = trace;
}
