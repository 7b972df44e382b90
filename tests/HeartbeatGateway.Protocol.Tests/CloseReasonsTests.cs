using HeartbeatGateway.Protocol.Tests.Support;

namespace HeartbeatGateway.Protocol.Tests;

public class CloseReasonsTests
{
    // The close reasons of docs/protocol.md, part 4.
    private const string Documented =
        "peer_closed peer_reset reader_idle all_idle handshake_timeout frame_timeout truncated bad_magic bad_length bad_date bad_hello "
        + "token_invalid token_expired tls_failed proxy_invalid replaced kicked banned ping_flood slow_consumer limit_total limit_address "
        + "limit_rate limit_descriptors limit_memory max_age draining shutdown internal_error websocket_invalid undelivered unauthorized";

    [Fact]
    public void Wire_names_match_the_protocol_document_in_its_order() =>
        Assert.Equal(Documented.Split(' '), CloseReasons.All.Select(reason => reason.ToWireName()));

    [Fact]
    public void Every_wire_name_parses_back_to_its_reason()
    {
        foreach (var reason in CloseReasons.All)
        {
            Assert.True(CloseReasons.TryParse(reason.ToWireName(), out var parsed));
            Assert.Equal(reason, parsed);
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("none")]
    [InlineData("ReaderIdle")]
    [InlineData("READER_IDLE")]
    [InlineData(" reader_idle")]
    [InlineData("3")]
    [InlineData("of_a_later_version")]
    public void Rejects_an_unknown_wire_name(string? name)
    {
        Assert.False(CloseReasons.TryParse(name, out var reason));
        Assert.Equal(CloseReason.None, reason);
    }

    [Theory]
    [InlineData(CloseReason.None)]
    [InlineData((CloseReason)(-1))]
    [InlineData((CloseReason)999)]
    public void Throws_for_a_value_without_a_wire_name(CloseReason reason) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => reason.ToWireName());

    [Fact]
    public void Limit_reasons_and_bans_reject_and_only_limit_memory_and_bans_also_end_admitted_connections()
    {
        foreach (var reason in CloseReasons.All)
        {
            var isLimit = reason.ToWireName().StartsWith("limit_", StringComparison.Ordinal);
            Assert.Equal(isLimit || reason == CloseReason.Banned, reason.IsRejection());
            Assert.Equal(!isLimit || reason == CloseReason.LimitMemory, reason.CanEndAdmitted());
        }
    }

    [Fact]
    public void Wire_names_do_not_depend_on_the_culture() => OddCulture.Each(Every_wire_name_parses_back_to_its_reason);
}
