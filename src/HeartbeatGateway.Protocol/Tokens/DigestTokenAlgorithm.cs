using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>A digest over a recipe. Both directions use the same digest, as in the Netty heartbeat tutorial ("the article").</summary>
internal sealed class DigestTokenAlgorithm(DigestRecipe recipe, TokenSecret secret) : TokenAlgorithm
{
    private const int MaxHashBytes = 32;

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

    public override void Describe(ReadOnlySpan<byte> header, in ReadOnlySequence<byte> content, SignedBytesText text)
    {
        foreach (var part in recipe.Parts)
        {
            if (part.Field == DigestRecipe.Field.Secret) text.Secret();
            else if (part.Field == DigestRecipe.Field.Content) text.Content(content);
            else text.Bytes(Text(part, header));
        }
    }

    private void Append(IncrementalHash hash, DigestRecipe.Part part, ReadOnlySpan<byte> header, in ReadOnlySequence<byte> content)
    {
        switch (part.Field)
        {
            case DigestRecipe.Field.Content:
                foreach (var segment in content) hash.AppendData(segment.Span);
                break;
            case DigestRecipe.Field.Secret:
                hash.AppendData(secret.Bytes);
                break;
            default:
                hash.AppendData(Text(part, header));
                break;
        }
    }

    /// <summary>The bytes that a part of the recipe stands for. Content and secret are handled separately.</summary>
    private static ReadOnlySpan<byte> Text(DigestRecipe.Part part, ReadOnlySpan<byte> header) => part.Field switch
    {
        DigestRecipe.Field.Literal => part.Text.AsSpan(),
        DigestRecipe.Field.Magic => Decimal(FrameFormat.Magic),
        DigestRecipe.Field.Length => Decimal(BinaryPrimitives.ReadInt32BigEndian(header[FrameFormat.LengthOffset..])),
        DigestRecipe.Field.Type => FrameFormat.Trim(header.Slice(FrameFormat.TypeOffset, FrameFormat.FieldLength)),
        DigestRecipe.Field.Created => FrameFormat.Trim(header.Slice(FrameFormat.CreatedOffset, FrameFormat.FieldLength)),
        _ => throw new InvalidOperationException($"The recipe field {part.Field} is not supported."),
    };

    private static byte[] Decimal(int value) => Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture));
}
