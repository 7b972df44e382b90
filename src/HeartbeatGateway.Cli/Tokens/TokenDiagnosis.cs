using System.Buffers;
using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Cli.Tokens;

/// <summary>Verifies a token as both ends would, and finds out what its maker did instead.</summary>
internal static class TokenDiagnosis
{
    /// <summary>The direction's name: where a frame goes that this end reads.</summary>
    public static string Direction(TokenRole reader) => reader == TokenRole.Gateway ? "client to gateway" : "gateway to client";

    /// <param name="frame">A whole frame.</param>
    /// <param name="settings">Scheme and secrets.</param>
    /// <param name="reader">The end that the frame is for; null when it is not known.</param>
    /// <param name="now">The reader's clock, in seconds since 1970-01-01 UTC.</param>
    public static TokenFinding Diagnose(ReadOnlyMemory<byte> frame, TokenSettings settings, TokenRole? reader, long now)
    {
        var verdict = Verify(frame, settings, reader ?? TokenRole.Gateway, now);
        var found = reader ?? TokenRole.Gateway;
        // Digests are the same in both directions; there is no other one to try.
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
                Text = settings.Keyring.Scheme == TokenScheme.None ? "created holds no date that exists" : $"the token is right ({Who(settings, verdict, found)}), but created holds no date that exists",
                KeyId = verdict.Signer?.Key.Id,
            },
            TokenOutcome.Malformed => TokenForm.Diagnose(frame.Span, settings),
            TokenOutcome.UnknownKey => UnknownKey(frame, settings, reader),
            _ => Mismatch(frame, settings, reader, now),
        };
    }

    /// <summary>Verifies one whole frame.</summary>
    public static TokenVerdict Verify(ReadOnlyMemory<byte> bytes, TokenSettings settings, TokenRole role, long now)
    {
        var buffer = new ReadOnlySequence<byte>(bytes);
        var reader = new FrameReader();
        Span<byte> scratch = stackalloc byte[FrameFormat.HeaderLength];
        var status = reader.TryRead(ref buffer, scratch, int.MaxValue, FrameResync.Strict, out var frame);
        if (status != FrameReadStatus.Complete) throw new InvalidOperationException($"Only whole frames have a token to verify; this one is {status}.");
        return settings.For(role).Verify(frame, now);
    }

    private static TokenFinding Verified(ReadOnlyMemory<byte> frame, TokenSettings settings, TokenVerdict verdict, TokenRole found, long now) => new()
    {
        Outcome = TokenOutcome.Verified,
        Text = settings.Keyring.Scheme == TokenScheme.None ? "the scheme none asks for no token" : Who(settings, verdict, found),
        KeyId = settings.Keyring.Scheme == TokenScheme.None ? null : verdict.Signer!.Key.Id,
        Reader = settings.Keyring.Scheme == TokenScheme.HmacSha256 ? found : null,
        Age = Age(frame, settings, now),
    };

    private static TokenFinding OutOfWindow(ReadOnlyMemory<byte> frame, TokenSettings settings, TokenVerdict verdict, TokenRole found, long now)
    {
        var age = Age(frame, settings, now) ?? throw new InvalidOperationException("A token cannot be too old without a date.");
        var accepted = Duration.Describe(settings.Keyring.MaxAge);
        return new TokenFinding
        {
            Outcome = verdict.Outcome,
            Text = $"the token is right ({Who(settings, verdict, found)}), but created is {DateText.Ago((long)age.TotalSeconds)}; a gateway accepts {accepted} either way",
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
            Text = $"the token names the key '{token[..token.IndexOf('.', StringComparison.Ordinal)]}', and the known ones are: {known}",
            Hints = bare.KeyId is { } key && bare.Outcome is not TokenOutcome.Mismatch
                ? [$"what follows the id is the token of {key}: name it so, or leave the id out"]
                : ["what follows the id is the token of no known secret either"],
        };
    }

    private static TokenFinding Mismatch(ReadOnlyMemory<byte> frame, TokenSettings settings, TokenRole? reader, long now)
    {
        var hints = new List<string>();
        if (reader is { } expected && settings.Keyring.Scheme == TokenScheme.HmacSha256)
        {
            var other = expected == TokenRole.Gateway ? TokenRole.Client : TokenRole.Gateway;
            var verdict = Verify(frame, settings, other, now);
            if (verdict.Signer is { } signer) hints.Add($"it verifies in the other direction, {Direction(other)} (key {signer.Key.Id}): {WrongKeyAdvice(other)}");
        }

        if (hints.Count == 0) hints.AddRange(TokenMistakes.Find(frame, settings));
        if (hints.Count == 0) hints.Add("most often the secret is another one, or the bytes were changed after the token was made: it covers the length, the padded type, the padded date and the content, all as sent");
        return new TokenFinding { Outcome = TokenOutcome.Mismatch, Text = "the token is well formed, and not the one that a known secret gives", Hints = hints };
    }

    private static string WrongKeyAdvice(TokenRole reader) => reader == TokenRole.Gateway
        ? "the gateway's frames are signed with the derived key HMAC-SHA256(secret, \"heartbeatgateway outbound\")"
        : "a client signs with the secret itself, not with the key derived for the gateway's answers";

    private static string Who(TokenSettings settings, TokenVerdict verdict, TokenRole found) => settings.Keyring.Scheme == TokenScheme.HmacSha256
        ? $"key {verdict.Signer!.Key.Id}{(verdict.Signer.IncludeKeyId ? ", named" : "")}, {Direction(found)}"
        : $"key {verdict.Signer!.Key.Id}";

    private static TimeSpan? Age(ReadOnlyMemory<byte> frame, TokenSettings settings, long now)
    {
        if (!FrameDate.TryParse(FrameFormat.Trim(frame.Span.Slice(FrameFormat.CreatedOffset, FrameFormat.FieldLength)), out var wallSeconds)) return null;
        var (earliest, latest) = settings.Keyring.TimeZone.ToUnixSeconds(wallSeconds);
        return TimeSpan.FromSeconds(Math.Abs(now - earliest) <= Math.Abs(now - latest) ? now - earliest : now - latest);
    }
}
