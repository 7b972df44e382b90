using HeartbeatGateway.Protocol;

namespace HeartbeatGateway.Api.Disconnects;

/// <summary>How connections are closed.</summary>
internal sealed record Closing(CloseReason Reason, bool? Retry, TimeSpan? After)
{
    private const long MaxAfterMs = 24 * 60 * 60 * 1000;

    /// <exception cref="ApiProblemException">A value is wrong.</exception>
    public static Closing Read(string? reason, bool? retry, long? afterMs)
    {
        CloseReason read = reason switch
        {
            null or "kicked" => CloseReason.Kicked,
            "banned" => CloseReason.Banned,
            _ => throw new ApiProblemException(ApiProblem.BadRequest("invalid_reason", $"The reason is '{ApiText.Quote(reason)}', but must be kicked or banned.")),
        };
        if (afterMs is < 0 or > MaxAfterMs) throw new ApiProblemException(ApiProblem.BadRequest("invalid_after", $"'afterMs' is {afterMs}, but must be between 0 and {MaxAfterMs} (a day)."));
        return new Closing(read, retry, afterMs is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null);
    }
}
