namespace HeartbeatGateway.Server.Options;

/// <summary>Options that cannot be used. The message names each wrong key and what it may be.</summary>
public sealed class GatewayOptionsException : Exception
{
    /// <summary>Makes an exception out of what was found.</summary>
    /// <param name="errors">One sentence for each fault, each of which names its key.</param>
    public GatewayOptionsException(IReadOnlyList<string> errors)
        : base(string.Join(' ', errors)) => Errors = errors;

    /// <summary>One sentence for each fault.</summary>
    public IReadOnlyList<string> Errors { get; }
}
