using System.Collections.Immutable;
using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Cli.Tokens;

/// <summary>Searches the recipe of a digest: other fields, or the same fields in another order.</summary>
internal static class DigestOrders
{
    /// <summary>
    /// The largest frame that is searched, in bytes. There are 1,956 orders, each hashes the whole content: less than a second for the
    /// largest frame that a gateway accepts by default.
    /// </summary>
    public const int MaxFrameBytes = 128 * 1024;

    private static readonly ImmutableArray<string> Fields = ["{magic}", "{length}", "{type}", "{created}", "{content}", "{secret}"];

    /// <summary>The shortest recipe that gives the token of a frame; null when there is none.</summary>
    public static string? Find(ReadOnlyMemory<byte> frame, TokenSettings settings)
    {
        if (frame.Length > MaxFrameBytes) return null;
        var digest = settings.Keyring.Digest;
        for (var count = 1; count <= Fields.Length; count++)
        {
            foreach (var recipe in Orders("", Fields, count).Where(r => r.Contains("{secret}", StringComparison.Ordinal)))
            {
                if (!DigestRecipe.TryCreate(AlgorithmOf(digest), digest.Output, recipe, out var other, out var error)) throw new InvalidOperationException(error);
                var keyring = settings with { Keyring = settings.Keyring with { Digest = other } };
                if (TokenDiagnosis.Verify(frame, keyring, TokenRole.Gateway, 0).Outcome != TokenOutcome.Mismatch) return recipe;
            }
        }

        return null;
    }

    private static IEnumerable<string> Orders(string start, ImmutableArray<string> fields, int count) => count == 0
        ? [start]
        : fields.SelectMany(field => Orders(start + field, fields.Remove(field), count - 1));

    private static string AlgorithmOf(DigestRecipe recipe) => (recipe.Output, recipe.TokenLength) switch
    {
        (DigestOutput.Hex, 32) or (DigestOutput.Base64Url, 22) => "MD5",
        (DigestOutput.Hex, 40) or (DigestOutput.Base64Url, 27) => "SHA1",
        _ => "SHA256",
    };
}
