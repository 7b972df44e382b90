namespace HeartbeatGateway.Server.Identity;

/// <summary>What a connection's hello made of it. Immutable; one for each connection that said hello.</summary>
internal sealed class ClientSession
{
    public required string ClientId { get; init; }

    public required string? Instance { get; init; }

    public required long? Attempt { get; init; }

    /// <summary>Names the session; random, so that it cannot be guessed.</summary>
    public required Guid Id { get; init; }

    public required long Generation { get; init; }

    /// <summary>The limit of silence that was agreed on, in timestamp units; 0 when the gateway's own holds.</summary>
    public required long ReaderIdle { get; init; }

    /// <summary>The client wants to be told why it is closed.</summary>
    public required bool AcceptsClose { get; init; }

    /// <summary>True for a hello of the same start of the same client: both say which, and it is the same.</summary>
    public bool IsOfInstance(string? instance) => instance is not null && Instance == instance;

    /// <summary>Reads an id that was told; false for texts that are none of ours.</summary>
    public static bool TryParse(string text, out Guid id) => Guid.TryParseExact(text, "N", out id);

    /// <summary>A session's id as it is told.</summary>
    public static string Text(Guid id) => id.ToString("N");
}
