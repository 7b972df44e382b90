namespace HeartbeatGateway.Cli.Frames;

/// <summary>What one check found.</summary>
/// <param name="Severity">How bad it is.</param>
/// <param name="Check">What was looked at: <c>magic</c>, <c>length</c>, <c>type</c>, <c>token</c>, <c>created</c>, <c>content</c>.</param>
/// <param name="Text">A sentence.</param>
/// <param name="Offset">The first byte that it is about, from the start of the input; null for a whole field.</param>
/// <param name="Count">How many bytes it is about.</param>
internal sealed record Finding(Severity Severity, string Check, string Text, int? Offset = null, int Count = 1)
{
    /// <summary>False when the whole frame does not fit together, so that another finding is more likely the cause.</summary>
    public bool IsExact { get; init; } = true;

    /// <summary>What to do, or what it probably is, one sentence each.</summary>
    public IReadOnlyList<string> Hints { get; init; } = [];
}
