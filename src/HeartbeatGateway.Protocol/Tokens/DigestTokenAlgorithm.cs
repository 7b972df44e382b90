using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>A digest over a recipe; the same in both directions, as in the article.</summary>
internal sealed class DigestTokenAlgorithm(DigestRecipe recipe, TokenSecret secret) : TokenAlgorithm
{
    private const int MaxHashBytes = 32;
    private const int MaxDecimalDigits = 10;

    public override int Length => recipe.TokenLength;

    public override bool AllowsKeyId => false;

    public override void Compute(ReadOnlySpan<byte> header, in ReadOnlySequence<byte> content, Span<byte> token)
    {
        using var hash = IncrementalHash.CreateHash(recipe.Algorithm);
        foreach (var part in recipe.Parts) Append(hash, part, header, content);

        Span<byte> digest = stackalloc byte[MaxHashBytes];
        digest = digest[..hash.GetHashAndReset(digest)];
        if (recipe.Output == DigestOutput.Hex) Convert.TryToHexStringLower(digest, token, out _);
        else Base64Url.EncodeToUtf8(digest, token);
    }

    public override bool IsWellFormed(ReadOnlySpan<byte> token) =>
        token.Length == Length
        && !token.ContainsAnyExcept(recipe.Output == DigestOutput.Hex ? TokenAlphabets.LowerHex : TokenAlphabets.Base64Url);

    private void Append(IncrementalHash hash, DigestRecipe.Part part, ReadOnlySpan<byte> header, in ReadOnlySequence<byte> content)
    {
        switch (part.Field)
        {
            case DigestRecipe.Field.Literal:
                hash.AppendData(part.Text.AsSpan());
                break;
            case DigestRecipe.Field.Magic:
                AppendDecimal(hash, FrameFormat.Magic);
                break;
            case DigestRecipe.Field.Length:
                AppendDecimal(hash, BinaryPrimitives.ReadInt32BigEndian(header[FrameFormat.LengthOffset..]));
                break;
            case DigestRecipe.Field.Type:
                hash.AppendData(FrameFormat.Trim(header.Slice(FrameFormat.TypeOffset, FrameFormat.FieldLength)));
                break;
            case DigestRecipe.Field.Created:
                hash.AppendData(FrameFormat.Trim(header.Slice(FrameFormat.CreatedOffset, FrameFormat.FieldLength)));
                break;
            case DigestRecipe.Field.Content:
                foreach (var segment in content) hash.AppendData(segment.Span);
                break;
            case DigestRecipe.Field.Secret:
                hash.AppendData(secret.Bytes);
                break;
            default:
                throw new InvalidOperationException($"The recipe field {part.Field} has no rule.");
        }
    }

    private static void AppendDecimal(IncrementalHash hash, int value)
    {
        Span<byte> text = stackalloc byte[MaxDecimalDigits];
        value.TryFormat(text, out var written, default, CultureInfo.InvariantCulture);
        hash.AppendData(text[..written]);
    }
}
