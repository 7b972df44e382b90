namespace HeartbeatGateway.Connections.Telemetry;

/// <summary>Where gauges are read when somebody collects; they are never kept by adding and subtracting.</summary>
internal interface IGaugeSource
{
    /// <summary>Open connections, and those among them that brought a valid frame, at one moment.</summary>
    (int Open, int Connected) Connections { get; }

    /// <summary>Bytes that wait to be taken by clients.</summary>
    long PendingBytes { get; }

    /// <summary>True while the gateway lets its clients go.</summary>
    bool IsDraining { get; }
}
