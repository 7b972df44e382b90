namespace HeartbeatGateway.Fuzz;

/// <summary>All targets by name.</summary>
internal static class FuzzTargets
{
    public static IReadOnlyDictionary<string, IFuzzTarget> All { get; } = new Dictionary<string, IFuzzTarget>(StringComparer.Ordinal)
    {
        ["frames"] = new FramesTarget(),
        ["proxy"] = new ProxyTarget(),
        ["connection"] = new ConnectionTarget(static gateway => new PipeClient(gateway)),
    };
}
