using System.Buffers;
using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Cli.Tokens;

/// <summary>Verifies a token as gateway and client do, and finds the probable encoder mistake when it does not verify.</summary>
internal static class TokenDiagnosis
{
    private delegate T FrameUse<out T>(in Frame frame);

    /// <summary>The name of the direction whose frames the given end reads.</summary>
    public static string Direction(TokenRole reader) => reader == TokenRole.Gateway ? "client to gateway" : "gateway to client";

    /// <param name="frame">A whole frame.</param>
    /// <param name="settings">Scheme and secrets.</param>
    /// <param name="reader">The end that reads the frame; null when it is not known.</param>
    /// <param name="now">The reader's clock, in seconds since 1970-01-01 UTC.</param>
    /// <param name="isThorough">True to search for mistakes also where it takes long: for one frame, not for a stream of frames.</param>
    public static TokenFinding Diagnose(ReadOnlyMemory<byte> frame, TokenSettings settings, TokenRole? reader, long now, bool isThorough = false)
    {
        var verdict = Verify(frame, settings, reader ?? TokenRole.Gateway, now);
        var found = reader ?? TokenRole.Gateway;
        // A digest is the same in both directions, so only hmac-sha256 has another direction to try.
        if (reader is null && verdict.Outcome == TokenOutcome.Mismatch && settings.Keyring.Scheme == TokenScheme.HmacSha256)
        {
            var other = Verify(frame, settings, TokenRole.Client, now);
            if (other.Outcome != TokenOutcome.Mismatch) (verdict, found) = (other, TokenRole.Client);
        }

        return verdict.Outcome switch
        {
            TokenOutcome.Verified => Verified(frame, settings, verdict, found, now),
            TokenOutcome.Expired or TokenOutcome.Future => OutOfWindow(frame, settings, verdict, found, now),
            TokenOutcome.BadDate => new TokenFinding
            {
                Outcome = TokenOutcome.BadDate,
                Text = settings.Keyring.Scheme == TokenScheme.None
                    ? "created is not a valid date"
                    : $"the token is right ({DescribeKey(settings, verdict, found)}), but created is not a valid date",
                KeyId = verdict.Signer?.Key.Id,
            },
            TokenOutcome.Malformed => TokenForm.Diagnose(frame.Span, settings),
            TokenOutcome.UnknownKey => UnknownKey(frame, settings, reader),
            _ => Mismatch(frame, settings, reader, now, isThorough),
        };
    }

    /// <summary>Verifies one whole frame.</summary>
    public static TokenVerdict Verify(ReadOnlyMemory<byte> bytes, TokenSettings settings, TokenRole role, long now) =>
        With(bytes, (in frame) => settings.For(role).Verify(frame, now));

    private static T With<T>(ReadOnlyMemory<byte> bytes, FrameUse<T> use)
    {
        var buffer = new ReadOnlySequence<byte>(bytes);
        var reader = new FrameReader();
        Span<byte> scratch = stackalloc byte[FrameFormat.HeaderLength];
        var status = reader.TryRead(ref buffer, scratch, int.MaxValue, FrameResync.Strict, out var frame);
        return status == FrameReadStatus.Complete
            ? use(frame)
            : throw new InvalidOperationException($"Only a complete frame has a token; this frame is {status}.");
    }

    private static TokenFinding Verified(ReadOnlyMemory<byte> frame, TokenSettings settings, TokenVerdict verdict, TokenRole found, long now) => new()
    {
        Outcome = TokenOutcome.Verified,
        Text = settings.Keyring.Scheme == TokenScheme.None ? "the scheme none requires no token" : DescribeKey(settings, verdict, found),
        KeyId = settings.Keyring.Scheme == TokenScheme.None ? null : verdict.Signer!.Key.Id,
        Reader = settings.Keyring.Scheme == TokenScheme.HmacSha256 ? found : null,
        Age = Age(frame, settings, now),
    };

    private static TokenFinding OutOfWindow(ReadOnlyMemory<byte> frame, TokenSettings settings, TokenVerdict verdict, TokenRole found, long now)
    {
        var age = Age(frame, settings, now) ?? throw new InvalidOperationException("A token is outside the accepted age only when its frame has a date.");
        var accepted = Duration.Describe(settings.Keyring.MaxAge);
        return new TokenFinding
        {
            Outcome = verdict.Outcome,
            Text = $"the token is right ({DescribeKey(settings, verdict, found)}), but created is {DateText.Ago((long)age.TotalSeconds)}; "
                + $"a gateway accepts {accepted} either way",
            KeyId = verdict.Signer!.Key.Id,
            Reader = settings.Keyring.Scheme == TokenScheme.HmacSha256 ? found : null,
            Age = age,
            Hints = ClockHints.For(frame.Span, now),
        };
    }

    private static TokenFinding UnknownKey(ReadOnlyMemory<byte> frame, TokenSettings settings, TokenRole? reader)
    {
        var token = TokenForm.TextOf(frame.Span);
        var known = string.Join(", ", settings.Keyring.Secrets.Select(s => s.Id));
        var rest = TokenForm.WithToken(frame.Span, token[(token.IndexOf('.', StringComparison.Ordinal) + 1)..]);
        var bare = Diagnose(rest, settings, reader, 0);
        return new TokenFinding
        {
            Outcome = TokenOutcome.UnknownKey,
            Text = $"the token names the key '{token[..token.IndexOf('.', StringComparison.Ordinal)]}', but the known keys are: {known}",
            Hints = bare.KeyId is { } key && bare.Outcome is not TokenOutcome.Mismatch
                ? [$"the rest after the id is the token of {key}: use that id, or omit the id"]
                : ["the rest after the id is not the token of a known secret either"],
        };
    }

    private static TokenFinding Mismatch(ReadOnlyMemory<byte> frame, TokenSettings settings, TokenRole? reader, long now, bool isThorough)
    {
        var hints = new List<string>();
        if (reader is { } expected && settings.Keyring.Scheme == TokenScheme.HmacSha256)
        {
            var other = expected == TokenRole.Gateway ? TokenRole.Client : TokenRole.Gateway;
            var verdict = Verify(frame, settings, other, now);
            if (verdict.Signer is { } signer)
            {
                hints.Add($"it verifies in the other direction, {Direction(other)} (key {signer.Key.Id}): {WrongKeyAdvice(other)}");
            }
        }

        if (hints.Count == 0) hints.AddRange(TokenMistakes.Find(frame, settings, isThorough));
        if (hints.Count == 0)
        {
            var signed = With(frame, (in whole) => settings.For(reader ?? TokenRole.Gateway).DescribeSignedBytes(whole));
            hints.Add("the usual causes: another secret, or bytes that changed after the token was made");
            hints.Add($"the token must cover these bytes; compare them with the bytes that the encoder signs: {signed}");
        }

        return new TokenFinding { Outcome = TokenOutcome.Mismatch, Text = "the token is well formed, but no known secret gives this token", Hints = hints };
    }

    private static string WrongKeyAdvice(TokenRole reader) => reader == TokenRole.Gateway
        ? "the gateway's frames are signed with the derived key HMAC-SHA256(secret, \"heartbeatgateway outbound\")"
        : "a client signs with the secret itself, not with the key that is derived for the gateway's frames";

    private static string DescribeKey(TokenSettings settings, TokenVerdict verdict, TokenRole found) => settings.Keyring.Scheme == TokenScheme.HmacSha256
        ? $"key {verdict.Signer!.Key.Id}{(verdict.Signer.IncludeKeyId ? ", named" : "")}, {Direction(found)}"
        : $"key {verdict.Signer!.Key.Id}";

    private static TimeSpan? Age(ReadOnlyMemory<byte> frame, TokenSettings settings, long now)
    {
        if (!FrameDate.TryParse(FrameFormat.Trim(frame.Span.Slice(FrameFormat.CreatedOffset, FrameFormat.FieldLength)), out var wallSeconds)) return null;
        var (earliest, latest) = settings.Keyring.TimeZone.ToUnixSeconds(wallSeconds);
        return TimeSpan.FromSeconds(Math.Abs(now - earliest) <= Math.Abs(now - latest) ? now - earliest : now - latest);
    }
}
