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
    public void Says_reason_retry_slot_and_time_in_UTC() => Assert.Equal(
        """{"reason":"draining","retry":true,"afterMs":1830,"serverTime":"2026-11-22T10:00:00Z"}""", Text(Draining));

    [Fact]
    public void Without_a_slot_the_wait_is_the_clients_affair() => Assert.Equal(
        """{"reason":"kicked","retry":false,"serverTime":"2026-11-22T10:00:00Z"}""",
        Text(Draining with { Reason = CloseReason.Kicked, Retry = false, After = null }));

    [Fact]
    public void A_slot_of_nothing_is_a_slot() =>
        Assert.Contains("\"afterMs\":0,", Text(Draining with { After = TimeSpan.Zero }), StringComparison.Ordinal);

    [Fact]
    public void An_expired_token_is_quoted() => Assert.Equal(
        """{"reason":"token_expired","retry":true,"serverTime":"2026-11-22T10:00:00Z","inReplyTo":"k1.abc-_"}""",
        Text(Draining with { Reason = CloseReason.TokenExpired, After = null, InReplyTo = "k1.abc-_" }));

    [Fact]
    public void Any_quoted_text_is_read_back_as_it_was() => Gen.String[Gen.Char[' ', '\uD7FF'], 0, 60].Sample(token =>
    {
        using var json = JsonDocument.Parse((Draining with { InReplyTo = token }).ToJson());
        return json.RootElement.GetProperty("inReplyTo").GetString() == token;
    });

    [Fact]
    public void Every_reason_can_be_said()
    {
        foreach (var reason in CloseReasons.All)
        {
            using var json = JsonDocument.Parse((Draining with { Reason = reason }).ToJson());
            Assert.Equal(reason.ToWireName(), json.RootElement.GetProperty("reason").GetString());
        }
    }

    [Fact]
    public void An_ending_without_a_reason_cannot_be_said() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => (Draining with { Reason = CloseReason.None }).ToJson());

    [Fact]
    public void Cultures_play_no_part() => OddCulture.Each(() => Assert.Equal(
        """{"reason":"draining","retry":true,"afterMs":1830,"serverTime":"2026-11-22T10:00:00Z"}""", Text(Draining)));

    private static string Text(ClosePayload payload) => Encoding.UTF8.GetString(payload.ToJson());
}
