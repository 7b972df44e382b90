using CsCheck;
using HeartbeatGateway.Redis.Channel;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Redis.Tests.Channel;

public sealed class NodeEnvelopeTests
{
    private static readonly Gen<string> Ascii = Gen.Char['!', '~'].Array[0, 40].Select(c => new string(c));

    [Fact]
    public void Comes_back_as_it_was_sent() =>
        Gen.Select(Gen.Long, Gen.Long, Ascii, Ascii, Gen.Byte.Array[0, 50]).Sample((id, deadline, from, verb, body) =>
        {
            var question = new NodeEnvelope(EnvelopeKind.Question, id) { Deadline = deadline, From = from, Verb = verb };
            Assert.True(NodeEnvelope.TryDecode((question with { Body = body }).Encode(), out var read));
            Assert.Equal(question, read with { Body = default });
            Assert.Equal(body, read.Body.ToArray());
            Assert.True(NodeEnvelope.TryDecode(new NodeEnvelope(EnvelopeKind.Answer, id) { Result = NodeAnswerKind.Failed, Body = body }.Encode(), out read));
            Assert.Equal((EnvelopeKind.Answer, id, NodeAnswerKind.Failed), (read.Kind, read.Id, read.Result));
            Assert.Equal(body, read.Body.ToArray());
            Assert.True(NodeEnvelope.TryDecode(new NodeEnvelope(EnvelopeKind.Probe, id).Encode(), out read));
            Assert.Equal((EnvelopeKind.Probe, id), (read.Kind, read.Id));
        });

    [Fact]
    public void Other_bytes_are_refused_or_read_and_never_throw() =>
        Gen.Byte[0, 4].Array[0, 40].Sample(bytes => NodeEnvelope.TryDecode(bytes, out _) || true);

    [Fact]
    public void Is_laid_out_as_documented() => Assert.Equal(
        "0101000000000000000700000000000000090161026F6BFF",
        Convert.ToHexString(new NodeEnvelope(EnvelopeKind.Question, 7) { Deadline = 9, From = "a", Verb = "ok", Body = new byte[] { 0xff } }.Encode()));
}
