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

/// <summary>A field of a frame with its offset and its value.</summary>
/// <param name="Name">The name of the field in docs/protocol.md.</param>
/// <param name="Offset">Offset from the start of the input.</param>
/// <param name="Length">Number of bytes that are present.</param>
/// <param name="Value">The value as readable text.</param>
internal sealed record ExplainedField(string Name, int Offset, int Length, string Value);
