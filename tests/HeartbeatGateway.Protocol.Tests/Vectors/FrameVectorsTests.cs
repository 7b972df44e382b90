using System.Buffers;
using System.Text;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tests.Support;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Protocol.Tests.Vectors;

public class FrameVectorsTests
{
    public static TheoryData<string> Accepted => [.. Names(v => v.Accept)];

    public static TheoryData<string> Refused => [.. Names(v => !v.Accept)];

    public static TheoryData<string> Canonical => [.. Names(v => v.Canonical)];

    [Theory]
    [MemberData(nameof(Accepted))]
    public void Accepts_a_valid_frame(string name)
    {
        var vector = Find(name);
        foreach (var bytes in Shapes(vector.FrameBytes))
        {
            Assert.Equal("accepted", Receive(vector, bytes, out var type, out var content, out var number));
            Assert.Equal(vector.Type, type);
            Assert.Equal(vector.ContentBytes, content);
            Assert.Equal(vector.Ack?.Number, number);
        }
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void Rejects_an_invalid_frame_with_its_reason(string name)
    {
        var vector = Find(name);
        foreach (var bytes in Shapes(vector.FrameBytes)) Assert.Equal(vector.RefusedAs, Receive(vector, bytes, out _, out _, out _));
    }

    [Theory]
    [MemberData(nameof(Canonical))]
    public void Signs_a_frame_to_the_same_bytes(string name)
    {
        var vector = Find(name);
        var type = Encoding.UTF8.GetBytes(vector.Type);
        var frame = vector.Ack is { Number: { } number, Generation: var generation }
            ? vector.Signer.EncodeNumbered(type, vector.ContentBytes, vector.CreatedUnix, new FrameNumber(number, generation))
            : vector.Signer.Encode(type, vector.ContentBytes, vector.CreatedUnix);
        Assert.Equal(vector.Token, Encoding.ASCII.GetString(frame.Span.Slice(58, 50)).TrimEnd('\0'));
        Assert.Equal(vector.Frame, Convert.ToHexStringLower(frame.Span));
    }

    [Theory]
    [MemberData(nameof(Accepted))]
    public void Answers_with_the_key_and_form_of_the_frame(string name)
    {
        var vector = Find(name);
        var signer = TestFrame.Verify(vector.Receiver, vector.FrameBytes, vector.Now).Signer;
        Assert.NotNull(signer);
        Assert.Equal(vector.SignedBy ?? "", signer.Key.Id);
        Assert.Equal(vector.NamesKey, signer.IncludeKeyId);
    }

    private static IEnumerable<string> Names(Func<FrameVector, bool> choose) => FrameVector.File.Vectors.Where(choose).Select(v => v.Name);

    private static FrameVector Find(string name) => FrameVector.File.Vectors.Single(v => v.Name == name);

    private static IEnumerable<ReadOnlySequence<byte>> Shapes(byte[] bytes) =>
        [new(bytes), Segments.SplitAt(bytes, bytes.Length / 2), Segments.OneByOne(bytes)];

    private static string Receive(FrameVector vector, ReadOnlySequence<byte> bytes, out string type, out byte[] content, out long? number)
    {
        (type, content, number) = ("", [], null);
        var reader = default(FrameReader);
        Span<byte> scratch = stackalloc byte[FrameFormat.HeaderLength];
        switch (reader.TryRead(ref bytes, scratch, FrameVector.File.MaxContentBytes, FrameResync.Strict, out var frame))
        {
            case FrameReadStatus.BadMagic: return "bad_magic";
            case FrameReadStatus.BadLength: return "bad_length";
            case FrameReadStatus.Incomplete: return "truncated";
        }

        (type, content) = (frame.TypeText, frame.Content.ToArray());
        Assert.True(bytes.IsEmpty);
        return vector.Receiver.Verify(frame, vector.Now).Outcome switch
        {
            TokenOutcome.Verified => vector.Ack is null || IsNumberValid(frame, vector.Ack.Generation, out number) ? "accepted" : "token_invalid",
            TokenOutcome.Malformed or TokenOutcome.UnknownKey or TokenOutcome.Mismatch => "token_invalid",
            TokenOutcome.Expired or TokenOutcome.Future => "token_expired",
            TokenOutcome.BadDate => "bad_date",
            var other => throw new InvalidOperationException($"{other} has no close reason."),
        };
    }

    /// <summary>The rules of docs/protocol.md, part 5, for a frame of a connection on which <c>ack</c> was granted.</summary>
    private static bool IsNumberValid(in Frame frame, long generation, out long? number)
    {
        number = null;
        if (frame.Kind is FrameKind.Ping or FrameKind.Hello) return true;
        var status = frame.ReadNumber(out var read);
        if (status == FrameNumberStatus.None) return frame.Kind != FrameKind.Ack;
        if (status == FrameNumberStatus.Malformed || read.Generation != generation || (read.Number == 0 && frame.Kind != FrameKind.Ack)) return false;
        number = read.Number;
        return true;
    }
}
