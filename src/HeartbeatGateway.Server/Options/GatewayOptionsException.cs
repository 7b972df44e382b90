namespace HeartbeatGateway.Server.Options;

/// <summary>The options are not valid. The message names each wrong key and its valid values.</summary>
public sealed class GatewayOptionsException : Exception
{
    /// <summary>Creates an exception from the errors found.</summary>
    /// <param name="errors">One sentence for each error. Each names its key.</param>
    public GatewayOptionsException(IReadOnlyList<string> errors)
        : base(string.Join(' ', errors)) => Errors = errors;

    /// <summary>One sentence for each error.</summary>
    public IReadOnlyList<string> Errors { get; }
}
