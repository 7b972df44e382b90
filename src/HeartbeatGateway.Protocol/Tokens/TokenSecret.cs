using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using HeartbeatGateway.Protocol.Identity;

namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>A shared secret and its key id. The text form never shows the secret.</summary>
public sealed class TokenSecret
{
    /// <summary>The minimum length of a secret for <see cref="TokenScheme.HmacSha256"/>, in bytes of UTF-8.</summary>
    public const int MinSecretBytes = 16;

    /// <summary>The maximum length of a key id, in characters: id, dot and the 43 characters of the token must fit into the 50 of the token field.</summary>
    public const int MaxIdLength = 6;

    private const int HmacBlockBytes = 64;

    private readonly byte[] _secret;

    /// <summary>Creates a secret from its text.</summary>
    /// <param name="id">1 to 6 characters of <c>A–Z a–z 0–9 _ -</c>.</param>
    /// <param name="secret">The text. Its UTF-8 bytes are the key.</param>
    /// <exception cref="ArgumentException">The id or the secret is invalid. The message gives the reason and never shows the secret.</exception>
    public TokenSecret(string id, string secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        if (!IsValidId(id)) throw new ArgumentException("A key id has 1 to 6 characters of A-Z a-z 0-9 _ -", nameof(id));
        if (secret.Length == 0) throw new ArgumentException("The secret is empty", nameof(secret));
        Id = id;
        _secret = Encoding.UTF8.GetBytes(secret);
    }

    /// <summary>The key id.</summary>
    public string Id { get; }

    /// <summary>
    /// The client ids that this secret is valid for; empty for all. A client with a bound secret cannot take over another client id.
    /// A token without key id is tried only against secrets that are not bound.
    /// </summary>
    public ImmutableArray<ClientIdPattern> Clients { get; init; } = [];

    /// <summary>
    /// The secret is a master: each client has a secret of its own, which <see cref="DeriveText"/> derives from the master and the client id. The master
    /// itself verifies no frame, and a token under its key always names the key id.
    /// </summary>
    public bool PerClient { get; init; }

    /// <summary>The length of the secret, in bytes.</summary>
    public int Length => _secret.Length;

    internal ReadOnlySpan<byte> Bytes => _secret;

    /// <summary>
    /// True when both secrets give the same tokens with <see cref="TokenScheme.HmacSha256"/>, whatever their ids are. The bytes are compared as HMAC
    /// uses them: NULs at the end do not count, and more than 64 bytes are replaced by their hash (RFC 2104, section 2).
    /// </summary>
    public bool HasSameKeyAs(TokenSecret other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return CryptographicOperations.FixedTimeEquals(KeyOf(_secret), KeyOf(other._secret));
    }

    /// <summary>
    /// The text of a client's own secret: base64url without padding of HMAC-SHA256(master, <c>heartbeatgateway client </c> and the client id), 43
    /// characters. Whoever has it can sign as this client only.
    /// </summary>
    /// <param name="clientId">The client id.</param>
    /// <exception cref="ArgumentException">The client id breaks its rule.</exception>
    public string DeriveText(string clientId)
    {
        if (!ClientId.IsValid(clientId)) throw new ArgumentException($"A client id has 1 to {ClientId.MaxLength} characters of A-Z a-z 0-9 . _ : -", nameof(clientId));
        Span<byte> derived = stackalloc byte[ClientKeys.KeyLength];
        ClientKeys.Derive(_secret, Encoding.ASCII.GetBytes(clientId), derived);
        return Base64Url.EncodeToString(derived);
    }

    /// <summary>True for 1 to 6 characters of <c>A–Z a–z 0–9 _ -</c>.</summary>
    public static bool IsValidId(string? id) =>
        id is { Length: >= 1 and <= MaxIdLength } && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');

    private static ReadOnlySpan<byte> KeyOf(byte[] secret) =>
        (secret.Length > HmacBlockBytes ? SHA256.HashData(secret) : secret).AsSpan().TrimEnd((byte)0);

    /// <summary>The key id, never the secret.</summary>
    public override string ToString() => Id;
}
