using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>The input, the hash algorithm and the text encoding of a <see cref="TokenScheme.Digest"/> token.</summary>
public sealed class DigestRecipe
{
    /// <summary>The recipe that applies when none is configured.</summary>
    public const string DefaultRecipe = "{magic}{length}{created}{content}{secret}";

    private const int FieldLength = Frames.FrameFormat.FieldLength;

    private DigestRecipe(HashAlgorithmName algorithm, int hashBytes, DigestOutput output, ImmutableArray<Part> parts)
    {
        Algorithm = algorithm;
        HashBytes = hashBytes;
        Output = output;
        Parts = parts;
    }

    internal enum Field
    {
        Literal,
        Magic,
        Length,
        Type,
        Created,
        Content,
        Secret,
    }

    /// <summary>SHA1, hexadecimal, <see cref="DefaultRecipe"/>.</summary>
    public static DigestRecipe Default { get; } =
        TryCreate("SHA1", DigestOutput.Hex, DefaultRecipe, out var recipe, out var error) ? recipe : throw new InvalidOperationException(error);

    /// <summary>The text encoding of the digest.</summary>
    public DigestOutput Output { get; }

    internal HashAlgorithmName Algorithm { get; }

    internal int HashBytes { get; }

    internal ImmutableArray<Part> Parts { get; }

    /// <summary>True when the recipe has the field <c>{created}</c>.</summary>
    public bool CoversCreated => Parts.Any(p => p.Field == Field.Created);

    /// <summary>The length of a token, in characters.</summary>
    public int TokenLength => TokenLengthOf(Output, HashBytes);

    /// <summary>Creates a recipe from its configuration.</summary>
    /// <param name="algorithm"><c>MD5</c>, <c>SHA1</c> or <c>SHA256</c>.</param>
    /// <param name="output">The text encoding of the digest. The result must fit into the 50 characters of the token field.</param>
    /// <param name="recipe">
    /// Text with the fields <c>{magic}</c> and <c>{length}</c> (decimal), <c>{type}</c> and <c>{created}</c> (trimmed, as sent),
    /// <c>{content}</c> (bytes) and <c>{secret}</c> (UTF-8). The field <c>{secret}</c> is required.
    /// </param>
    /// <param name="result">The recipe.</param>
    /// <param name="error">A sentence for the operator: what is wrong with the configuration. Null on success.</param>
    public static bool TryCreate(string algorithm, DigestOutput output, string recipe, out DigestRecipe result, out string? error)
    {
        ArgumentNullException.ThrowIfNull(algorithm);
        ArgumentNullException.ThrowIfNull(recipe);
        result = null!;
        (HashAlgorithmName Name, int Bytes)? known = algorithm.ToUpperInvariant() switch
        {
            "MD5" => (HashAlgorithmName.MD5, MD5.HashSizeInBytes),
            "SHA1" => (HashAlgorithmName.SHA1, SHA1.HashSizeInBytes),
            "SHA256" => (HashAlgorithmName.SHA256, SHA256.HashSizeInBytes),
            _ => null,
        };
        if (known is not { } hash)
        {
            error = $"the digest algorithm '{algorithm}' is not one of MD5, SHA1, SHA256";
            return false;
        }

        if (TokenLengthOf(output, hash.Bytes) is var length && length > FieldLength)
        {
            error = $"{algorithm} as {output} has {length} characters and does not fit the token field's {FieldLength}; use Base64Url";
            return false;
        }

        if (!TryParse(recipe, out var parts, out error)) return false;
        if (!parts.Any(p => p.Field == Field.Secret))
        {
            error = "the recipe does not hold {secret}, so a valid token could be made without the secret";
            return false;
        }

        result = new DigestRecipe(hash.Name, hash.Bytes, output, parts);
        return true;
    }

    private static int TokenLengthOf(DigestOutput output, int hashBytes) =>
        output == DigestOutput.Hex ? hashBytes * 2 : ((hashBytes * 4) + 2) / 3;

    private static bool TryParse(string recipe, out ImmutableArray<Part> parts, out string? error)
    {
        var builder = ImmutableArray.CreateBuilder<Part>();
        parts = [];
        error = null;
        for (var rest = recipe.AsSpan(); !rest.IsEmpty;)
        {
            var open = rest.IndexOf('{');
            var literal = open < 0 ? rest : rest[..open];
            if (!literal.IsEmpty) builder.Add(new Part(Field.Literal, [.. Encoding.UTF8.GetBytes(literal.ToString())]));
            if (open < 0) break;
            rest = rest[open..];
            var close = rest.IndexOf('}');
            var name = (close < 0 ? rest : rest[..(close + 1)]).ToString();
            Field? field = name.ToLowerInvariant() switch
            {
                "{magic}" => Field.Magic,
                "{length}" => Field.Length,
                "{type}" => Field.Type,
                "{created}" => Field.Created,
                "{content}" => Field.Content,
                "{secret}" => Field.Secret,
                _ => null,
            };
            if (field is not { } known)
            {
                error = $"the recipe's field '{name}' is not one of {{magic}} {{length}} {{type}} {{created}} {{content}} {{secret}}";
                return false;
            }

            builder.Add(new Part(known, []));
            rest = rest[(close + 1)..];
        }

        parts = builder.ToImmutable();
        return true;
    }

    internal readonly record struct Part(Field Field, ImmutableArray<byte> Text);
}
