namespace HeartbeatGateway.Protocol.Identity;

/// <summary>The rule for client ids.</summary>
public static class ClientId
{
    /// <summary>The maximum length of a client id, in characters.</summary>
    public const int MaxLength = 128;

    /// <summary>True for 1 to 128 characters of <c>A–Z a–z 0–9 . _ : -</c>. These characters are safe in logs, paths and URLs.</summary>
    public static bool IsValid(string? clientId) =>
        clientId is { Length: >= 1 and <= MaxLength } && clientId.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or ':' or '-');
}
