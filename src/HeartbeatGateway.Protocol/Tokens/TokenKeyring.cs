using System.Collections.Immutable;
using System.Security.Cryptography;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;

namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>Verifies received frames and provides the signers for sent frames. Immutable and thread-safe.</summary>
public sealed class TokenKeyring
{
    private readonly bool _checksTokens;
    private readonly TokenKey[] _unbound;
    private readonly long _maxAgeSeconds;
    private readonly FrameTimeZone _zone;
    private readonly byte[]? _decoy;

    /// <summary>Creates a keyring for one end of the connection.</summary>
    /// <exception cref="ArgumentException">
    /// The scheme requires secrets and there is none, a secret is too short, two secrets have the same key id, or a secret is bound to
    /// clients, or a master of clients' secrets, with <see cref="TokenScheme.Digest"/>.
    /// </exception>
    public TokenKeyring(TokenKeyringOptions options, TokenRole role)
    {
        ArgumentNullException.ThrowIfNull(options);
        _checksTokens = options.Scheme != TokenScheme.None;
        _maxAgeSeconds = (long)options.MaxAge.TotalSeconds;
        _zone = options.TimeZone;
        Scheme = options.Scheme;
        CoversCreated = options.Scheme == TokenScheme.HmacSha256 || (options.Scheme == TokenScheme.Digest && options.Digest.CoversCreated);
        if (_checksTokens) CheckSecrets(options);
        if (role == TokenRole.Client && options.Secrets.FirstOrDefault(s => s.PerClient) is { } master)
        {
            throw new ArgumentException($"The secret of key '{master.Id}' is a master of clients' secrets, which no client may have; give it the client's own, derived secret", nameof(options));
        }

        Keys = options.Scheme switch
        {
            TokenScheme.HmacSha256 => [.. options.Secrets.Select((secret, index) => HmacKey(secret, index, role, options.TimeZone))],
            TokenScheme.Digest => [.. options.Secrets.Select((secret, index) => DigestKey(secret, index, options))],
            TokenScheme.None => [new TokenKey(null, 0, new NoTokenAlgorithm(), new NoTokenAlgorithm(), options.TimeZone)],
            _ => throw new ArgumentOutOfRangeException(nameof(options), options.Scheme, "This token scheme is not supported."),
        };
        _unbound = [.. Keys.Where(k => !k.IsBound && !k.IsPerClient)];
        if (Keys.Any(k => k.IsPerClient)) _decoy = RandomNumberGenerator.GetBytes(ClientKeys.KeyLength);
    }

    /// <summary>The scheme.</summary>
    public TokenScheme Scheme { get; }

    /// <summary>The keys, in the configured order. With <see cref="TokenScheme.None"/>, one key with an empty id.</summary>
    public ImmutableArray<TokenKey> Keys { get; }

    /// <summary>
    /// True when tokens cover the created field, so that what follows its date can be trusted. The feature <see cref="ProtocolFeatures.Ack"/> needs it.
    /// </summary>
    public bool CoversCreated { get; }

    /// <summary>True when a key of it is a master from which the clients' secrets are derived; see <see cref="TokenSecret.PerClient"/>.</summary>
    public bool HasPerClientKeys => _decoy is not null;

    /// <summary>Verifies the token, then checks the date. The date is trusted only after the token has verified.</summary>
    /// <param name="frame">A complete frame.</param>
    /// <param name="nowUnixSeconds">Now, in seconds since 1970-01-01 UTC.</param>
    /// <param name="signer">
    /// The signer of the last verified frame of the same connection; null before the first. A key with <see cref="TokenSecret.PerClient"/> verifies a first frame
    /// that is a hello, and then only frames of the same client.
    /// </param>
    public TokenVerdict Verify(in Frame frame, long nowUnixSeconds, TokenSigner? signer = null)
    {
        var hasDate = FrameDate.TryParse(frame.Created, out var wallSeconds);
        if (!_checksTokens) return new TokenVerdict(hasDate ? TokenOutcome.Verified : TokenOutcome.BadDate, Keys[0].Bare);

        var outcome = SelectKeys(frame.Token, out var token, out var keys, out var named);
        // A key id that does not exist takes the time of one that does.
        if (outcome == TokenOutcome.UnknownKey && named && _decoy is not null && IsFirstHello(frame, signer)) VerifyHello(_decoy, frame, token, []);
        if (outcome != TokenOutcome.Verified) return new TokenVerdict(outcome, null);

        var (earliest, latest) = hasDate ? _zone.ToUnixSeconds(wallSeconds) : default;
        // Only dates inside the window are cached. Otherwise an unauthenticated peer could evict the tokens of the fleet with other dates.
        var isCached = hasDate && IsInWindow(earliest, latest, nowUnixSeconds) && PingTokenCache.IsPlainPing(frame);
        if (named && keys[0].IsPerClient) return VerifyClient(keys[0], frame, token, signer) is { } client ? Dated(client) : new TokenVerdict(TokenOutcome.Mismatch, null);
        foreach (var key in keys)
        {
            if (isCached ? !ConstantTime.AreEqual(key.Pings.Get(wallSeconds), token) : !Matches(key, frame, token)) continue;
            return Dated(named ? key.Named : key.Bare);
        }

        return new TokenVerdict(TokenOutcome.Mismatch, null);

        TokenVerdict Dated(TokenSigner verified)
        {
            if (!hasDate) return new TokenVerdict(TokenOutcome.BadDate, verified);
            if (IsInWindow(earliest, latest, nowUnixSeconds)) return new TokenVerdict(TokenOutcome.Verified, verified);
            return new TokenVerdict(latest < nowUnixSeconds ? TokenOutcome.Expired : TokenOutcome.Future, verified);
        }
    }

    /// <summary>
    /// Finds the signer of this keyring that corresponds to a signer of an earlier keyring: the same key and the same form. Null when this
    /// keyring has no such key.
    /// </summary>
    public TokenSigner? Successor(TokenSigner earlier)
    {
        ArgumentNullException.ThrowIfNull(earlier);
        foreach (var key in Keys)
        {
            if (key.Id != earlier.Key.Id || key.IsPerClient != earlier.IsPerClient) continue;
            if (earlier is ClientTokenSigner client) return MoveTo(key, client);
            // Two keys give the same ping the same token only when their secret and their scheme are equal.
            if (!ConstantTime.AreEqual(key.Pings.Get(0), earlier.Key.Pings.Get(0))) continue;
            if (earlier.IncludeKeyId) return key.Named;
            return key.IsBound ? null : key.Bare;
        }

        return null;
    }

    /// <summary>
    /// The number of seconds, rounded up, until the date of a frame is no longer accepted. 0 when the frame has no date or its date is
    /// already too old.
    /// </summary>
    /// <param name="frame">A complete frame.</param>
    /// <param name="nowUnixSeconds">Now, in seconds since 1970-01-01 UTC.</param>
    public long SecondsLeft(in Frame frame, long nowUnixSeconds)
    {
        if (!FrameDate.TryParse(frame.Created, out var wallSeconds)) return 0;
        // In a repeated hour the later of the two instants decides. The + 1: the last second is accepted until its end.
        var (_, latest) = _zone.ToUnixSeconds(wallSeconds);
        return Math.Max(0, latest + _maxAgeSeconds + 1 - nowUnixSeconds);
    }

    /// <summary>
    /// The bytes that the token of a frame covers, in hex. A client developer can compare them with the output of an encoder. The text
    /// shows <c>&lt;secret&gt;</c> in place of the secret, cuts long contents, and never contains a token.
    /// </summary>
    public string DescribeSignedBytes(in Frame frame)
    {
        var text = new SignedBytesText();
        Keys[0].Verifying.Describe(frame.Header, frame.Content, text);
        return text.ToString();
    }

    private static TokenKey HmacKey(TokenSecret secret, int index, TokenRole role, FrameTimeZone zone)
    {
        var toGateway = HmacTokenAlgorithm.ForClientToGateway(secret);
        var toClient = HmacTokenAlgorithm.ForGatewayToClient(secret);
        return role == TokenRole.Gateway
            ? new TokenKey(secret, index, verifying: toGateway, signing: toClient, zone)
            : new TokenKey(secret, index, verifying: toClient, signing: toGateway, zone);
    }

    private static TokenKey DigestKey(TokenSecret secret, int index, TokenKeyringOptions options)
    {
        var algorithm = new DigestTokenAlgorithm(options.Digest, secret);
        return new TokenKey(secret, index, algorithm, algorithm, options.TimeZone);
    }

    private static void CheckSecrets(TokenKeyringOptions options)
    {
        if (options.Secrets.IsDefaultOrEmpty) throw new ArgumentException("A keyring needs at least one secret", nameof(options));
        if (options.Secrets.DistinctBy(s => s.Id, StringComparer.Ordinal).Count() != options.Secrets.Length)
        {
            throw new ArgumentException("Two secrets have the same key id", nameof(options));
        }

        if (options.Scheme == TokenScheme.Digest && options.Secrets.FirstOrDefault(s => !s.Clients.IsEmpty) is { } bound)
        {
            throw new ArgumentException($"The secret of key '{bound.Id}' is bound to clients, but tokens of the scheme digest have no key id", nameof(options));
        }

        if (options.Scheme == TokenScheme.Digest && options.Secrets.FirstOrDefault(s => s.PerClient) is { } master)
        {
            throw new ArgumentException($"The secret of key '{master.Id}' is a master of clients' secrets, but tokens of the scheme digest have no key id", nameof(options));
        }

        if (options.Scheme == TokenScheme.HmacSha256 && options.Secrets.FirstOrDefault(s => s.Length < TokenSecret.MinSecretBytes) is { } weak)
        {
            throw new ArgumentException($"The secret of key '{weak.Id}' is shorter than {TokenSecret.MinSecretBytes} bytes", nameof(options));
        }
    }

    private static bool Matches(TokenKey key, in Frame frame, ReadOnlySpan<byte> token)
    {
        Span<byte> expected = stackalloc byte[key.Verifying.Length];
        key.Verifying.Compute(frame.Header, frame.Content, expected);
        return ConstantTime.AreEqual(expected, token);
    }

    /// <returns>The client's signer; null when the token does not verify. Nothing is allocated before it has.</returns>
    private static ClientTokenSigner? VerifyClient(TokenKey key, in Frame frame, ReadOnlySpan<byte> token, TokenSigner? signer)
    {
        if (signer is ClientTokenSigner known)
        {
            // While settings are replaced, the signer of a connection and the keyring that verifies may be of different settings.
            var own = known.Key == key ? known : MoveTo(key, known);
            return own is not null && own.Verify(frame, token) ? own : null;
        }

        if (!IsFirstHello(frame, signer)) return null;
        Span<byte> derived = stackalloc byte[ClientKeys.KeyLength];
        return VerifyHello(key.Secret!.Bytes, frame, token, derived) ? new ClientTokenSigner(key, derived) : null;
    }

    /// <summary>The client's signer under a key of another keyring; null when that key has another id or another master.</summary>
    private static ClientTokenSigner? MoveTo(TokenKey key, ClientTokenSigner signer) =>
        signer.Key.Id == key.Id && key.Secret!.HasSameKeyAs(signer.Key.Secret!) ? signer.MoveTo(key) : null;

    private static bool IsFirstHello(in Frame frame, TokenSigner? signer) => signer is null && frame.Kind == FrameKind.Hello;

    /// <summary>Takes the same time whether or not the hello names a client.</summary>
    private static bool VerifyHello(ReadOnlySpan<byte> master, in Frame frame, ReadOnlySpan<byte> token, Span<byte> derived)
    {
        Span<byte> clientId = stackalloc byte[ClientId.MaxLength];
        var length = HelloClientId.Find(frame.Content, clientId);
        Span<byte> key = stackalloc byte[ClientKeys.KeyLength];
        ClientKeys.Derive(master, clientId[..length], key);
        if (!ClientKeys.Verify(key, frame, token) || length == 0 || derived.IsEmpty) return false;
        key.CopyTo(derived);
        return true;
    }

    private bool IsInWindow(long earliest, long latest, long now) =>
        Math.Abs(now - earliest) <= _maxAgeSeconds || Math.Abs(now - latest) <= _maxAgeSeconds;

    /// <summary>Selects the keys that a token is checked against, and removes the key id from the token.</summary>
    private TokenOutcome SelectKeys(ReadOnlySpan<byte> sent, out ReadOnlySpan<byte> token, out ReadOnlySpan<TokenKey> keys, out bool named)
    {
        token = sent;
        keys = Keys.AsSpan();
        named = false;
        if (keys[0].Verifying.AllowsKeyId && sent.IndexOf((byte)'.') is var dot and >= 0)
        {
            named = true;
            token = sent[(dot + 1)..];
            if (dot is 0 or > TokenSecret.MaxIdLength || !keys[0].Verifying.IsWellFormed(token)) return TokenOutcome.Malformed;
            for (var i = 0; i < keys.Length; i++)
            {
                if (!sent[..dot].SequenceEqual(keys[i].IdBytes)) continue;
                keys = keys.Slice(i, 1);
                return TokenOutcome.Verified;
            }

            return TokenOutcome.UnknownKey;
        }

        if (!keys[0].Verifying.IsWellFormed(token)) return TokenOutcome.Malformed;
        // A token without key id is not tried against bound keys: a client with a bound key must send the key id.
        keys = _unbound;
        return keys.IsEmpty ? TokenOutcome.UnknownKey : TokenOutcome.Verified;
    }
}
