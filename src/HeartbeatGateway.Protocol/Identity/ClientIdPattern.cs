using System.IO.Enumeration;

namespace HeartbeatGateway.Protocol.Identity;

/// <summary>A set of client ids: an id in which <c>*</c> stands for any characters, none included.</summary>
public sealed record ClientIdPattern
{
    private readonly string _pattern;

    /// <summary>Makes a pattern out of its text, for instance <c>pump-*</c>.</summary>
    /// <exception cref="ArgumentException">It is empty, longer than an id, or has other characters than ids and <c>*</c>.</exception>
    public ClientIdPattern(string pattern)
    {
        if (!IsValid(pattern)) throw new ArgumentException($"A client id pattern has 1 to {ClientId.MaxLength} characters of A-Z a-z 0-9 . _ : - and *", nameof(pattern));
        _pattern = pattern;
    }

    /// <summary>True for texts that a pattern can be made of.</summary>
    public static bool IsValid(string? pattern) => pattern is { Length: > 0 and <= ClientId.MaxLength } && ClientId.IsValid(pattern.Replace('*', '-'));

    /// <summary>True when the set holds an id. Upper and lower case differ.</summary>
    public bool Matches(string clientId) => FileSystemName.MatchesSimpleExpression(_pattern, clientId, ignoreCase: false);

    /// <summary>The pattern's text.</summary>
    public override string ToString() => _pattern;
}
