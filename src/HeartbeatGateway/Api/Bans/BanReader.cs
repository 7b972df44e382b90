using HeartbeatGateway.Bans;
using HeartbeatGateway.Server.Bans;

namespace HeartbeatGateway.Api.Bans;

/// <summary>Reads what to ban. The first wrong field ends it with a problem that names the field and the remedy.</summary>
internal static class BanReader
{
    private static readonly TimeSpan MaxDuration = TimeSpan.FromDays(36_500);

    /// <exception cref="ApiProblemException">A field is wrong.</exception>
    public static Ban Read(BanBody body, string caller, DateTimeOffset now)
    {
        if ((body.ClientId is null ? 0 : 1) + (body.Address is null ? 0 : 1) + (body.KeyId is null ? 0 : 1) != 1)
        {
            throw Wrong("invalid_choice", "Give exactly one of the fields 'clientId', 'address' and 'keyId'.");
        }

        var (kind, value, code) = body.ClientId is { } client ? (BanKind.Client, client, "invalid_client_id")
            : body.Address is { } address ? (BanKind.Address, address, "invalid_address")
            : (BanKind.Key, body.KeyId!, "invalid_key_id");
        if (!Ban.TryCreate(kind, value, out var ban, out var error)) throw Wrong(code, error);
        if (!BanFileFormat.IsComment(body.Comment))
        {
            throw Wrong("invalid_comment", $"The field 'comment' may have {BanFileFormat.MaxCommentChars} characters, and no control characters.");
        }

        return ban with { Comment = body.Comment, CreatedAt = ApiTime.Of(now), CreatedBy = caller, ExpiresAt = Expiry(body, now) };
    }

    private static DateTimeOffset? Expiry(BanBody body, DateTimeOffset now)
    {
        if (body is { ExpiresAt: not null, DurationSeconds: not null })
        {
            throw Wrong("invalid_expiry", "Give one of the fields 'expiresAt' and 'durationSeconds', or none.");
        }

        if (body.ExpiresAt is { } time)
        {
            return time > now ? time.ToUniversalTime() : throw Wrong("invalid_expiry", $"'expiresAt' is {time:O}, which is not in the future.");
        }

        if (body.DurationSeconds is not { } seconds) return null;
        return seconds > 0 && seconds <= MaxDuration.TotalSeconds
            ? ApiTime.Of(now + TimeSpan.FromSeconds(seconds))
            : throw Wrong("invalid_expiry", $"'durationSeconds' is {seconds}, but must be above 0 and at most {MaxDuration.TotalSeconds}.");
    }

    private static ApiProblemException Wrong(string code, string detail) => new(ApiProblem.BadRequest(code, detail));
}
