namespace HeartbeatGateway.Protocol.Identity;

/// <summary>The rule for the field <c>client</c> of a hello: which program or library the client is, such as <c>hbg/0.1.0</c>.</summary>
public static class ClientLibrary
{
    /// <summary>The maximum length, in characters.</summary>
    public const int MaxLength = 64;

    /// <summary>True for up to 64 printable ASCII characters that are a name, a slash and a version; neither of the two is empty.</summary>
    public static bool IsValid(string? text) =>
        text is { Length: <= MaxLength } && text.IndexOf('/', StringComparison.Ordinal) is var slash && slash > 0 && slash < text.Length - 1 && text.All(c => c is >= ' ' and <= '~');
}
