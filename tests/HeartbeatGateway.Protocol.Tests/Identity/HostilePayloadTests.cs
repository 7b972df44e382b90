using System.Buffers;
using System.Text;
using CsCheck;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Protocol.Tests.Support;

namespace HeartbeatGateway.Protocol.Tests.Identity;

/// <summary>The content comes from the peer, so reading it must never throw.</summary>
public class HostilePayloadTests
{
    private static readonly byte[] Good = Encoding.UTF8.GetBytes(
        """{"clientId":"pump-17","instance":"i","attempt":3,"nonce":"0123456789abcdef","heartbeatSeconds":5,"resume":"s\u00e9","sent":7,"features":["close"],"sessionId":"x","generation":1,"timeoutSeconds":7.5,"serverTime":"2026-11-22T10:00:00Z","accepted":7,"pushes":"p","reason":"kicked","retry":false,"afterMs":5,"inReplyTo":"k1.x","detail":"d"}""");

    [Fact]
    public void Hostile_contents_do_not_throw_whole_or_in_segments()
    {
        var failures = new List<string>();
        foreach (var content in Json.Hostile())
        {
            ReadOnlySequence<byte>[] shapes = content.Length < 1_000
                ? [new(content), Segments.OneByOne(content), Segments.SplitAt(content, content.Length / 2)]
                : [new(content), Segments.SplitAt(content, content.Length / 2)];
            foreach (var shape in shapes)
            {
                try
                {
                    Read(shape);
                }
                catch (Exception e) when (e is not Xunit.Sdk.XunitException)
                {
                    failures.Add($"{Encoding.UTF8.GetString(content)}: {e.GetType().Name}");
                }
            }
        }

        Assert.Empty(failures.Distinct(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("2026-11-22T10:00:00\\ud800")]
    [InlineData("\\udc002026-11-22T10:00:00Z")]
    public void Half_a_surrogate_pair_in_a_time_is_rejected_without_an_exception(string time)
    {
        Assert.False(ClosePayload.TryParse(Json.Whole("{\"reason\":\"kicked\",\"serverTime\":\"" + time + "\"}"), out _));
        Assert.False(WelcomePayload.TryParse(
            Json.Whole("{\"sessionId\":\"s\",\"generation\":1,\"heartbeatSeconds\":5,\"timeoutSeconds\":7,\"serverTime\":\"" + time + "\"}"), out _));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(64)]
    [InlineData(1_900)]
    public void Deep_nesting_is_rejected_without_an_exception(int depth)
    {
        var nested = new string('[', depth) + new string(']', depth);
        var reading = HelloPayload.Read(Json.Whole("{\"clientId\":\"a\",\"nonce\":\"0123456789abcdef\",\"new\":" + nested + "}"));
        // The protocol never nests beyond the limit of 8, so deeper content is not a hello.
        Assert.Equal(depth == 4 ? HelloOutcome.Valid : HelloOutcome.NotHello, reading.Outcome);
    }

    [Theory]
    [InlineData("{\"clientId\":\"a\",\"nonce\":\"0123456789abcdef\",\"new\":", '[', HelloOutcome.Malformed, false)]
    [InlineData("{\"clientId\":\"a\",\"features\":[\"close\"],\"new\":\"", 'x', HelloOutcome.Malformed, true)]
    [InlineData("{\"greeting\":\"my clientId ", 'x', HelloOutcome.NotHello, false)]
    [InlineData("", '{', HelloOutcome.NotHello, false)]
    public void Content_above_the_bound_is_not_parsed_and_is_malformed_when_it_names_a_client_id(string start, char filling, HelloOutcome outcome, bool acceptsClose)
    {
        foreach (var length in new[] { HelloPayload.MaxBytes + 1, 65_536 })
        {
            var reading = HelloPayload.Read(Json.Whole(start + new string(filling, length - start.Length)));
            Assert.Equal((outcome, acceptsClose), (reading.Outcome, reading.AcceptsClose));
            Assert.Equal(outcome == HelloOutcome.Malformed ? $"the content has {length} bytes, but a hello has at most 4096" : null, reading.Fault);
        }
    }

    [Fact]
    public void Invalid_UTF8_in_clientId_or_nonce_is_malformed()
    {
        Assert.Equal(HelloOutcome.Malformed, HelloPayload.Read(Of([.. "{\"clientId\":\"a"u8, 0xFF, .. "\",\"nonce\":\"0123456789abcdef\"}"u8])).Outcome);
        Assert.Equal(HelloOutcome.Malformed, HelloPayload.Read(Of([.. "{\"clientId\":\"a\",\"nonce\":\"0123456789abcdef"u8, 0xC3, .. "\"}"u8])).Outcome);
    }

    [Fact]
    public void A_property_name_with_half_a_surrogate_pair_is_rejected()
    {
        Assert.NotEqual(HelloOutcome.Valid, HelloPayload.Read(Json.Whole("""{"clientId":"a","nonce":"0123456789abcdef","\ud800":1}""")).Outcome);
        Assert.False(ClosePayload.TryParse(Json.Whole("""{"reason":"kicked","serverTime":"2026-11-22T10:00:00Z","\udfff":1}"""), out _));
    }

    [Fact]
    public void Random_bytes_do_not_throw() => Gen.Byte.Array[0, 300].Sample(bytes => Read(Of(bytes)));

    [Fact]
    public void Random_texts_of_JSON_characters_do_not_throw() =>
        Gen.Char["{}[]\":,\\ude08c19-+.eEn \n"].Array[0, 80].Sample(text => Read(Json.Whole(new string(text))), iter: 20_000);

    [Fact]
    public void Changed_bytes_do_not_throw() => Gen.Select(Gen.Int[0, Good.Length - 1], Gen.Byte, Gen.Int[0, Good.Length - 1], Gen.Byte).Sample(
        (at, value, secondAt, second) =>
        {
            var bytes = (byte[])Good.Clone();
            (bytes[at], bytes[secondAt]) = (value, second);
            Read(Segments.SplitAt(bytes, secondAt));
        },
        iter: 20_000);

    [Fact]
    public void Every_truncated_prefix_of_a_valid_content_is_rejected()
    {
        for (var length = 0; length < Good.Length; length++)
        {
            Assert.Equal(default, HelloPayload.Read(Of(Good[..length])));
            Assert.False(WelcomePayload.TryParse(Of(Good[..length]), out _));
            Assert.False(ClosePayload.TryParse(Of(Good[..length]), out _));
        }

        Assert.Equal(HelloOutcome.Valid, HelloPayload.Read(Of(Good)).Outcome);
        Assert.True(WelcomePayload.TryParse(Of(Good), out _));
        Assert.True(ClosePayload.TryParse(Of(Good), out _));
    }

    private static ReadOnlySequence<byte> Of(byte[] bytes) => new(bytes);

    /// <summary>Reads the content as each payload. Every payload that is read follows its rules.</summary>
    private static void Read(in ReadOnlySequence<byte> content)
    {
        var reading = HelloPayload.Read(content);
        Assert.Equal(reading.Outcome == HelloOutcome.Valid, reading.Hello is not null);
        Assert.Equal(reading.Outcome == HelloOutcome.Malformed, reading.Fault is not null);
        if (reading.Hello is { } hello)
        {
            Assert.True(ClientId.IsValid(hello.ClientId));
            Assert.InRange(hello.Nonce.Length, 16, 128);
            Assert.InRange(hello.Attempt ?? 0, 0, long.MaxValue);
            Assert.InRange(hello.Sent ?? 0, 0, FrameNumber.Max);
            Assert.InRange(hello.Features.Length, 0, 32);
        }

        if (WelcomePayload.TryParse(content, out var welcome))
        {
            Assert.InRange(welcome.SessionId.Length, 1, 128);
            Assert.InRange(welcome.Timeout, TimeSpan.Zero, TimeSpan.FromDays(1));
            Assert.InRange(welcome.Accepted ?? 0, 0, FrameNumber.Max);
            Assert.InRange(welcome.Pushes?.Length ?? 1, 1, 128);
        }

        if (ClosePayload.TryParse(content, out var close))
        {
            Assert.NotEmpty(close.ReasonName);
            Assert.InRange(close.After ?? TimeSpan.Zero, TimeSpan.Zero, ClosePayload.MaxAfter);
        }
    }
}
