using System.Buffers;
using System.Buffers.Binary;
using CsCheck;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tests.Support;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Protocol.Tests.Frames;

/// <summary>Tests a million inputs per run, which vary in how the bytes are split, in the declared length and in the field contents.</summary>
public class MillionInputsTests
{
    private const int MaxContent = 300;

    private static readonly TokenKeyring[] Keyrings =
        [Support.Keyrings.Gateway, Support.Keyrings.Client, Support.Keyrings.Of(TokenScheme.HmacSha256, "Europe/Berlin"), Support.Keyrings.Of(TokenScheme.Digest, "America/New_York")];

    private static readonly Gen<byte[]> Fields = Gen.Frequency((2, Gen.Byte.Array[50]), (1, Gen.Byte[0, 0x30].Array[50]), (1, Gen.Const(new byte[50])));

    private static readonly Gen<byte[]> Frames = Gen.Select(Fields, Fields, Fields, Gen.Byte.Array[0, 40]).Select((type, token, created, content) =>
        (byte[])[0, 0, 0, 0x76, 0, 0, 0, (byte)content.Length, .. type, .. token, .. created, .. content]);

    private int _inputs;

    [Fact]
    public void Reads_a_million_inputs_as_the_protocol_document_says()
    {
        Splits(iterations: 300_000);
        Lengths(iterations: 400_000);
        FieldsAndTokens(iterations: 300_000);
        TestContext.Current.TestOutputHelper?.WriteLine($"{_inputs} inputs");
        Assert.True(_inputs >= 1_000_000, $"The test ran only {_inputs} inputs.");
    }

    /// <summary>
    /// Consecutive frames read back unchanged, at whatever positions the stream is cut and however often the reader looks at a piece.
    /// </summary>
    private void Splits(int iterations) => Gen.Select(Frames.Array[1, 3], Gen.Byte.Array[0, 6], Gen.Int[0, 600].Array[0, 4], Gen.Bool).Sample(
        (frames, behind, cuts, scans) =>
        {
            Interlocked.Increment(ref _inputs);
            byte[] bytes = [.. frames.SelectMany(f => f), .. behind];
            var resync = scans ? FrameResync.Scan : FrameResync.Strict;
            int[] ends = [.. cuts.Select(c => c % (bytes.Length + 1)).Order(), bytes.Length];

            // Each read passes all bytes that are unread so far, in their pieces.
            var reader = default(FrameReader);
            Span<byte> scratch = stackalloc byte[FrameFormat.HeaderLength];
            var (read, from, status) = (0, 0, FrameReadStatus.Incomplete);
            foreach (var end in ends)
            {
                var at = from;
                var pieces = new List<byte[]>();
                foreach (var cut in ends.Where(c => c <= end && c > from))
                {
                    pieces.Add(bytes[at..cut]);
                    at = cut;
                }

                var buffer = Segments.Of(pieces);
                while ((status = reader.TryRead(ref buffer, scratch, MaxContent, resync, out var frame)) == FrameReadStatus.Complete)
                {
                    if (read == frames.Length) return;
                    byte[] whole = [.. frame.Header, .. frame.Content.ToArray()];
                    Assert.Equal(frames[read++], whole);
                }

                from = end - (int)buffer.Length;
                if (status != FrameReadStatus.Incomplete) break;
            }

            Assert.Equal(frames.Length, read);
            var isWrong = !scans && behind.Where((b, i) => i < 4 && b != (i == 3 ? 0x76 : 0)).Any();
            if (!scans) Assert.Equal(isWrong ? FrameReadStatus.BadMagic : FrameReadStatus.Incomplete, status);
        },
        iter: iterations);

    /// <summary>
    /// A negative or too large length is rejected as soon as its bytes have arrived. A frame is complete when all its bytes have arrived,
    /// and not before.
    /// </summary>
    private void Lengths(int iterations) => Gen.Select(
        Gen.OneOf(Gen.Int, Gen.Int[-2, 400], Gen.OneOf(int.MinValue, int.MaxValue, -1, 0, MaxContent, MaxContent + 1)), Gen.Int[0, MaxContent], Gen.Int[0, 560]).Sample(
        (length, max, there) =>
        {
            Interlocked.Increment(ref _inputs);
            var bytes = new byte[there];
            var start = new byte[8];
            start[3] = 0x76;
            BinaryPrimitives.WriteInt32BigEndian(start.AsSpan(4), length);
            start.AsSpan(0, Math.Min(8, there)).CopyTo(bytes);
            var expected = there < 8 ? FrameReadStatus.Incomplete
                : length < 0 || length > max ? FrameReadStatus.BadLength
                : there < 158 + length ? FrameReadStatus.Incomplete : FrameReadStatus.Complete;
            var buffer = there % 2 == 0 ? new ReadOnlySequence<byte>(bytes) : Segments.SplitAt(bytes, there / 3);
            Span<byte> scratch = stackalloc byte[FrameFormat.HeaderLength];
            Assert.Equal(expected, default(FrameReader).TryRead(ref buffer, scratch, max, FrameResync.Strict, out _));
            Assert.Equal(expected == FrameReadStatus.Complete ? there - 158 - length : there, buffer.Length);
        },
        iter: iterations);

    /// <summary>Fields with any content are trimmed as docs/protocol.md says, and a token that was not computed with the secret never verifies.</summary>
    private void FieldsAndTokens(int iterations) => Gen.Select(Frames, Gen.Int[0, Keyrings.Length - 1]).Sample(
        (bytes, keyring) =>
        {
            Interlocked.Increment(ref _inputs);
            var buffer = new ReadOnlySequence<byte>(bytes);
            Span<byte> scratch = stackalloc byte[FrameFormat.HeaderLength];
            Assert.Equal(FrameReadStatus.Complete, default(FrameReader).TryRead(ref buffer, scratch, MaxContent, FrameResync.Strict, out var frame));
            Assert.Equal(Trimmed(bytes[8..58]), frame.Type.ToArray());
            Assert.Equal(Trimmed(bytes[58..108]), frame.Token.ToArray());
            Assert.Equal(Trimmed(bytes[108..158]), frame.Created.ToArray());
            Assert.False(Keyrings[keyring].Verify(frame, TestFrame.Now).IsVerified);
        },
        iter: iterations);

    private static byte[] Trimmed(byte[] field)
    {
        var (from, to) = (0, field.Length);
        while (from < to && field[from] <= 0x20) from++;
        while (to > from && field[to - 1] <= 0x20) to--;
        return field[from..to];
    }
}
