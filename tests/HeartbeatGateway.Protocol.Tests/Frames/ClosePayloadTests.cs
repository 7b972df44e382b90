using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using CsCheck;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tests.Support;

namespace HeartbeatGateway.Protocol.Tests.Frames;

public class ClosePayloadTests
{
    private static readonly ClosePayload Draining = new()
    {
        Reason = CloseReason.Draining,
        Retry = true,
        After = TimeSpan.FromMilliseconds(1830),
        ServerTime = new DateTimeOffset(2026, 11, 22, 18, 0, 0, TimeSpan.FromHours(8)),
    };

    [Fact]
    public void Writes_reason_retry_slot_and_time_in_UTC() => Assert.Equal(
        """{"reason":"draining","retry":true,"afterMs":1830,"serverTime":"2026-11-22T10:00:00Z"}""", Text(Draining));

    [Fact]
    public void Omits_afterMs_without_a_slot() => Assert.Equal(
        """{"reason":"kicked","retry":false,"serverTime":"2026-11-22T10:00:00Z"}""",
        Text(Draining with { Reason = CloseReason.Kicked, Retry = false, After = null }));

    [Fact]
    public void Writes_afterMs_0_for_a_slot_of_zero() =>
        Assert.Contains("\"afterMs\":0,", Text(Draining with { After = TimeSpan.Zero }), StringComparison.Ordinal);

    [Fact]
    public void Quotes_the_expired_token_in_inReplyTo() => Assert.Equal(
        """{"reason":"token_expired","retry":true,"serverTime":"2026-11-22T10:00:00Z","inReplyTo":"k1.abc-_"}""",
        Text(Draining with { Reason = CloseReason.TokenExpired, After = null, InReplyTo = "k1.abc-_" }));

    [Fact]
    public void Any_quoted_text_is_read_back_unchanged() => Gen.String[Gen.Char[' ', '\uD7FF'], 0, 60].Sample(token =>
    {
        using var json = JsonDocument.Parse((Draining with { InReplyTo = token }).ToJson());
        return json.RootElement.GetProperty("inReplyTo").GetString() == token;
    });

    [Fact]
    public void Writes_every_reason_with_its_wire_name()
    {
        foreach (var reason in CloseReasons.All)
        {
            using var json = JsonDocument.Parse((Draining with { Reason = reason }).ToJson());
            Assert.Equal(reason.ToWireName(), json.RootElement.GetProperty("reason").GetString());
        }
    }

    [Fact]
    public void Throws_when_the_reason_is_None() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => (Draining with { Reason = CloseReason.None }).ToJson());

    [Fact]
    public void The_JSON_does_not_depend_on_the_culture() => OddCulture.Each(() => Assert.Equal(
        """{"reason":"draining","retry":true,"afterMs":1830,"serverTime":"2026-11-22T10:00:00Z"}""", Text(Draining)));

    [Fact]
    public void Reads_the_example_of_the_protocol_document()
    {
        Assert.True(Read("""{"reason":"draining","retry":true,"afterMs":1830,"serverTime":"2026-11-22T10:00:00Z"}""", out var close));
        Assert.Equal(Draining with { ServerTime = new DateTimeOffset(2026, 11, 22, 10, 0, 0, TimeSpan.Zero) }, close);
        Assert.Equal((null, null, "draining"), (close.InReplyTo, close.Detail, close.ReasonName));
    }

    [Fact]
    public void Writes_and_reads_the_detail()
    {
        var text = Text(Draining with { Reason = CloseReason.BadHello, After = null, Detail = "nonce is missing; it must be random" });
        Assert.EndsWith(""","detail":"nonce is missing; it must be random"}""", text, StringComparison.Ordinal);
        Assert.True(Read(text, out var close));
        Assert.Equal("nonce is missing; it must be random", close.Detail);
    }

    [Theory]
    [InlineData("on_fire")]
    [InlineData("Draining")]
    [InlineData("none")]
    [InlineData("0")]
    [InlineData("ü")]
    public void An_unknown_reason_keeps_its_wire_name(string reason)
    {
        Assert.True(Read("{\"reason\":\"" + reason + "\",\"retry\":false,\"serverTime\":\"2026-11-22T10:00:00Z\"}", out var close));
        Assert.Equal((CloseReason.None, reason, false), (close.Reason, close.ReasonName, close.Retry));
        Assert.True(Read(Text(close), out var again));
        Assert.Equal(close, again);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"reason":"draining"}""")]
    [InlineData("""{"serverTime":"2026-11-22T10:00:00Z"}""")]
    [InlineData("""{"reason":"","serverTime":"2026-11-22T10:00:00Z"}""")]
    [InlineData("""{"reason":7,"serverTime":"2026-11-22T10:00:00Z"}""")]
    [InlineData("""{"reason":null,"serverTime":"2026-11-22T10:00:00Z"}""")]
    [InlineData("""{"reason":"draining","serverTime":1795341600}""")]
    [InlineData("""{"reason":"draining","serverTime":"now"}""")]
    [InlineData("""{"reason":"draining","serverTime":"2026-11-22T10:00:00Z"}x""")]
    public void Rejects_content_without_a_reason_or_a_time(string text)
    {
        Assert.False(Read(text, out var close));
        Assert.Null(close);
    }

    [Theory]
    [InlineData("", null)]
    [InlineData(",\"afterMs\":null", null)]
    [InlineData(",\"afterMs\":\"5\"", null)]
    [InlineData(",\"afterMs\":0", 0.0)]
    [InlineData(",\"afterMs\":-0.0", 0.0)]
    [InlineData(",\"afterMs\":-1", 0.0)]
    [InlineData(",\"afterMs\":-1e999", 0.0)]
    [InlineData(",\"afterMs\":1", 1.0)]
    [InlineData(",\"afterMs\":86399999", 86_399_999.0)]
    [InlineData(",\"afterMs\":86400000", 86_400_000.0)]
    [InlineData(",\"afterMs\":86400001", 86_400_000.0)]
    [InlineData(",\"afterMs\":9223372036854775808", 86_400_000.0)]
    [InlineData(",\"afterMs\":1e999", 86_400_000.0)]
    public void Clamps_the_slot_to_0_to_one_day(string field, double? milliseconds)
    {
        Assert.True(Read("{\"reason\":\"draining\",\"serverTime\":\"2026-11-22T10:00:00Z\"" + field + "}", out var close));
        Assert.Equal(milliseconds, close.After?.TotalMilliseconds);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData(",\"retry\":true", true)]
    [InlineData(",\"retry\":false", false)]
    [InlineData(",\"retry\":0", true)]
    [InlineData(",\"retry\":null", true)]
    [InlineData(",\"retry\":\"false\"", true)]
    public void Only_the_JSON_value_false_means_no_retry(string field, bool retry)
    {
        Assert.True(Read("{\"reason\":\"kicked\",\"serverTime\":\"2026-11-22T10:00:00Z\"" + field + "}", out var close));
        Assert.Equal(retry, close.Retry);
    }

    private static bool Read(string text, [NotNullWhen(true)] out ClosePayload? close) => ClosePayload.TryParse(Json.Whole(text), out close);

    private static string Text(ClosePayload payload) => Encoding.UTF8.GetString(payload.ToJson());
}
