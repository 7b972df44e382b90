namespace HeartbeatGateway.Server.Telemetry;

/// <summary>Where gauges are read when somebody collects; they are never kept by adding and subtracting.</summary>
internal interface IGaugeSource
{
    /// <summary>Open connections, and those among them that brought a valid frame, at one moment.</summary>
    (int Open, int Connected) Connections { get; }

    /// <summary>Bytes that wait to be taken by clients.</summary>
    long PendingBytes { get; }

    /// <summary>How many connections may be open: the stricter of what is configured and what the descriptors allow; 0 = no limit.</summary>
    long ConnectionsLimit { get; }

    /// <summary>The size of the managed heap above which no connection is admitted, in bytes; 0 = no limit.</summary>
    long HeapLimitBytes { get; }

    /// <summary>The resident memory of the process above which no connection is admitted, in bytes; 0 = no limit.</summary>
    long ResidentLimitBytes { get; }

    /// <summary>True while the gateway lets its clients go.</summary>
    bool IsDraining { get; }
}
