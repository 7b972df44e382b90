using System.IO.Enumeration;

namespace HeartbeatGateway.Protocol.Identity;

/// <summary>A pattern for client ids, in which <c>*</c> stands for zero or more characters.</summary>
public sealed record ClientIdPattern
{
    private readonly string _pattern;

    /// <summary>Creates a pattern from its text, for example <c>pump-*</c>.</summary>
    /// <exception cref="ArgumentException">
    /// The text is empty, is longer than a client id may be, or has a character that is neither allowed in client ids nor <c>*</c>.
    /// </exception>
    public ClientIdPattern(string pattern)
    {
        if (!IsValid(pattern))
        {
            throw new ArgumentException($"A client id pattern has 1 to {ClientId.MaxLength} characters of A-Z a-z 0-9 . _ : - and *", nameof(pattern));
        }

        _pattern = pattern;
    }

    /// <summary>True when the text is a valid pattern.</summary>
    public static bool IsValid(string? pattern) => pattern is { Length: > 0 and <= ClientId.MaxLength } && ClientId.IsValid(pattern.Replace('*', '-'));

    /// <summary>True when a client id matches the pattern. The comparison is case-sensitive.</summary>
    public bool Matches(string clientId) => FileSystemName.MatchesSimpleExpression(_pattern, clientId, ignoreCase: false);

    /// <summary>The text of the pattern.</summary>
    public override string ToString() => _pattern;
}
