namespace HeartbeatGateway.Cli.Api;

/// <summary>A request to the HTTP API failed.</summary>
internal sealed class ApiException : CliException
{
    public ApiException(ExitCode code, string message, Exception? inner = null)
        : base(code, message, inner)
    {
    }

    /// <summary>The HTTP status; null without an answer of a gateway.</summary>
    public int? Status { get; init; }

    /// <summary>The code of the problem document; null without one.</summary>
    public string? Problem { get; init; }

    /// <summary>True when the gateway may have acted on the request: the request was sent, and its answer did not arrive.</summary>
    public bool IsAnswerLost { get; init; }

    /// <summary>True when the gateway is older than this endpoint.</summary>
    public bool IsEndpointMissing { get; init; }

    /// <summary>True when another attempt can succeed: the gateway was not reached, or is too busy now.</summary>
    public bool IsTransient => Status is null or 429 or 502 or 503 or 504;
}
