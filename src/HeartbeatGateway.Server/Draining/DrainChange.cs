namespace HeartbeatGateway.Server.Draining;

/// <summary>The result of a request to start or cancel a drain.</summary>
public enum DrainChange
{
    /// <summary>It was done.</summary>
    Done,

    /// <summary>Not done: there is a drain already.</summary>
    AlreadyDraining,

    /// <summary>Not done: there is no drain to cancel.</summary>
    NotDraining,

    /// <summary>Not done: the gateway stops, which cannot be cancelled.</summary>
    Stopping,
}
