namespace HeartbeatGateway.Server.Delivery;

/// <summary>What is to be done with a numbered message.</summary>
internal enum ReceptionKind
{
    /// <summary>It is handed to the sink.</summary>
    New,

    /// <summary>It was received before.</summary>
    Duplicate,

    /// <summary>Nothing: its connection is not the client's current one, or is closing because the sink gave up an earlier message.</summary>
    Ignored,

    /// <summary>The read loop waits, and asks again then.</summary>
    Wait,
}

/// <summary>The decision on a numbered message.</summary>
/// <param name="Kind">What is to be done.</param>
internal readonly record struct Reception(ReceptionKind Kind)
{
    /// <summary>For <see cref="ReceptionKind.New"/>: to be settled.</summary>
    public InboundEntry? Entry { get; init; }

    /// <summary>It may have reached the sink before.</summary>
    public bool IsRedelivered { get; init; }

    /// <summary>How many numbers the client skipped before it.</summary>
    public long Missing { get; init; }

    /// <summary>For <see cref="ReceptionKind.Wait"/>: completes when asking again is worthwhile.</summary>
    public Task? Until { get; init; }
}
