namespace HeartbeatGateway.Cli.Frames;

/// <summary>A frame, or bytes that are none.</summary>
internal sealed record ExplainedPart
{
    /// <summary>From the start of the input.</summary>
    public required int Offset { get; init; }

    /// <summary>Bytes that are present.</summary>
    public required int Length { get; init; }

    /// <summary>False for bytes that lie between or behind frames.</summary>
    public required bool IsFrame { get; init; }

    /// <summary>True when every byte is there that the length asks for.</summary>
    public required bool IsComplete { get; init; }

    /// <summary>The type, trimmed; empty when it is not there.</summary>
    public string Type { get; init; } = "";

    public IReadOnlyList<ExplainedField> Fields { get; init; } = [];

    public IReadOnlyList<Finding> Findings { get; init; } = [];

    public bool IsValid => Findings.All(f => f.Severity != Severity.Wrong);
}
