namespace HeartbeatGateway.Cli.Frames;

/// <summary>The result of one check.</summary>
/// <param name="Severity">The severity of the finding.</param>
/// <param name="Check">The checked part: <c>magic</c>, <c>length</c>, <c>type</c>, <c>token</c>, <c>created</c>, <c>content</c>.</param>
/// <param name="Text">The result as a sentence.</param>
/// <param name="Offset">Offset of the first affected byte from the start of the input; null for a whole field.</param>
/// <param name="Count">Number of affected bytes.</param>
internal sealed record Finding(Severity Severity, string Check, string Text, int? Offset = null, int Count = 1)
{
    /// <summary>False when the finding concerns the whole frame, so that another finding is more likely the cause.</summary>
    public bool IsExact { get; init; } = true;

    /// <summary>Probable causes, or what to do, one sentence each.</summary>
    public IReadOnlyList<string> Hints { get; init; } = [];
}
