namespace HeartbeatGateway.Cli.Frames;

/// <summary>A frame, or a sequence of stray bytes.</summary>
internal sealed record ExplainedPart
{
    /// <summary>Offset from the start of the input.</summary>
    public required int Offset { get; init; }

    /// <summary>Number of bytes that are present.</summary>
    public required int Length { get; init; }

    /// <summary>False for bytes between or after frames.</summary>
    public required bool IsFrame { get; init; }

    /// <summary>True when all bytes that the length field declares are present.</summary>
    public required bool IsComplete { get; init; }

    /// <summary>The type, trimmed; empty when it is missing.</summary>
    public string Type { get; init; } = "";

    public IReadOnlyList<ExplainedField> Fields { get; init; } = [];

    public IReadOnlyList<Finding> Findings { get; init; } = [];

    public bool IsValid => Findings.All(f => f.Severity != Severity.Wrong);
}
