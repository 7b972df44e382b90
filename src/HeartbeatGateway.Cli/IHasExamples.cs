using System.Collections.Immutable;

namespace HeartbeatGateway.Cli;

/// <summary>A command with examples, which its help shows.</summary>
internal interface IHasExamples
{
    /// <summary>Complete command lines.</summary>
    ImmutableArray<string> Examples { get; }
}
