using System.Collections.Immutable;
using System.Text;
using HeartbeatGateway.Protocol.Identity;

namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>A shared secret and the id that tokens may name it by. Its text form never shows the secret.</summary>
public sealed class TokenSecret
{
    /// <summary>The shortest secret that <see cref="TokenScheme.HmacSha256"/> accepts, in bytes of UTF-8.</summary>
    public const int MinSecretBytes = 16;

    /// <summary>The longest key id, in characters: an id, a dot and 43 characters of token must fit the field's 50.</summary>
    public const int MaxIdLength = 6;

    private readonly byte[] _secret;

    /// <summary>Makes a secret out of its text.</summary>
    /// <param name="id">1 to 6 characters of <c>A–Z a–z 0–9 _ -</c>.</param>
    /// <param name="secret">The text; its UTF-8 bytes are the key.</param>
    /// <exception cref="ArgumentException">The id or the secret is not acceptable; the message says why and never shows the secret.</exception>
    public TokenSecret(string id, string secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        if (!IsValidId(id)) throw new ArgumentException("A key id has 1 to 6 characters of A-Z a-z 0-9 _ -", nameof(id));
        if (secret.Length == 0) throw new ArgumentException("The secret is empty", nameof(secret));
        Id = id;
        _secret = Encoding.UTF8.GetBytes(secret);
    }

    /// <summary>The id.</summary>
    public string Id { get; }

    /// <summary>
    /// The names that this secret may speak for; empty for all. Whoever holds a bound secret cannot take another's name over. Tokens
    /// that name no key are tried against secrets that are not bound.
    /// </summary>
    public ImmutableArray<ClientIdPattern> Clients { get; init; } = [];

    /// <summary>The secret's length in bytes.</summary>
    public int Length => _secret.Length;

    internal ReadOnlySpan<byte> Bytes => _secret;

    /// <summary>True for 1 to 6 characters of <c>A–Z a–z 0–9 _ -</c>.</summary>
    public static bool IsValidId(string? id) =>
        id is { Length: >= 1 and <= MaxIdLength } && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');

    /// <summary>The id; never the secret.</summary>
    public override string ToString() => Id;
}
