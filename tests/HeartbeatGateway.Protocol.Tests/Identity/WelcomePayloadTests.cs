using System.Text;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Protocol.Tests.Support;

namespace HeartbeatGateway.Protocol.Tests.Identity;

public class WelcomePayloadTests
{
    private const string Text =
        """{"sessionId":"5f0c","generation":1795341600123,"reconnected":true,"resumed":false,"heartbeatSeconds":5,"timeoutSeconds":7.5,"serverTime":"2026-11-22T10:00:00Z","features":["close"]}""";

    [Fact]
    public void Writes_the_fields_in_the_order_of_the_protocol_document() => Assert.Equal(Text, Encoding.UTF8.GetString(new WelcomePayload
    {
        SessionId = "5f0c",
        Generation = 1_795_341_600_123,
        Reconnected = true,
        Resumed = false,
        Heartbeat = TimeSpan.FromSeconds(5.0),
        Timeout = TimeSpan.FromSeconds(7.5),
        ServerTime = new DateTimeOffset(2026, 11, 22, 11, 0, 0, TimeSpan.FromHours(1)),
        Features = ["close"],
    }.ToJson()));

    [Theory]
    [InlineData("\"sessionId\":\"5f0c\"", "\"sessionId\":\"\"")]
    [InlineData("\"sessionId\":\"5f0c\"", "\"sessionId\":null")]
    [InlineData("\"sessionId\":\"5f0c\",", "")]
    [InlineData("1795341600123", "\"1\"")]
    [InlineData("1795341600123", "1.5")]
    [InlineData("1795341600123", "9223372036854775808")]
    [InlineData("\"generation\":1795341600123,", "")]
    [InlineData("\"heartbeatSeconds\":5", "\"heartbeatSeconds\":0")]
    [InlineData("\"heartbeatSeconds\":5", "\"heartbeatSeconds\":-1")]
    [InlineData("\"heartbeatSeconds\":5", "\"heartbeatSeconds\":86401")]
    [InlineData("\"heartbeatSeconds\":5", "\"heartbeatSeconds\":1e999")]
    [InlineData("\"heartbeatSeconds\":5,", "")]
    [InlineData("7.5", "-7.5")]
    [InlineData("7.5", "1e999")]
    [InlineData("7.5", "null")]
    [InlineData("\"2026-11-22T10:00:00Z\"", "\"yesterday\"")]
    [InlineData("\"2026-11-22T10:00:00Z\"", "1795341600")]
    public void Rejects_a_missing_or_invalid_field(string part, string instead)
    {
        Assert.Contains(part, Text, StringComparison.Ordinal);
        Assert.False(WelcomePayload.TryParse(Json.Whole(Text.Replace(part, instead, StringComparison.Ordinal)), out var welcome));
        Assert.Null(welcome);
    }

    [Fact]
    public void A_timeout_of_0_means_no_limit()
    {
        Assert.True(WelcomePayload.TryParse(Json.Whole(Text.Replace("7.5", "0", StringComparison.Ordinal)), out var welcome));
        Assert.Equal(TimeSpan.Zero, welcome.Timeout);
    }

    [Theory]
    [InlineData("", null)]
    [InlineData(",\"maxContentBytes\":null", null)]
    [InlineData(",\"maxContentBytes\":0", 0)]
    [InlineData(",\"maxContentBytes\":65536", 65536)]
    [InlineData(",\"maxContentBytes\":2147483647", int.MaxValue)]
    public void Reads_the_optional_content_limit_and_writes_it_again(string field, int? limit)
    {
        Assert.True(WelcomePayload.TryParse(Json.Whole(Text.Replace(":7.5", ":7.5" + field, StringComparison.Ordinal)), out var welcome));
        Assert.Equal(limit, welcome.MaxContentBytes);
        Assert.Equal(limit is null ? Text : Text.Replace(":7.5", ":7.5" + field, StringComparison.Ordinal), Encoding.UTF8.GetString(welcome.ToJson()));
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("2147483648")]
    [InlineData("\"65536\"")]
    public void Rejects_an_invalid_content_limit(string value) => Assert.False(
        WelcomePayload.TryParse(Json.Whole(Text.Replace(":7.5", $":7.5,\"maxContentBytes\":{value}", StringComparison.Ordinal)), out _));

    [Fact]
    public void Ignores_unknown_fields_and_keeps_unknown_features()
    {
        Assert.True(WelcomePayload.TryParse(Json.Whole(Text.Replace("[\"close\"]", "[\"close\",\"acks\"],\"new\":[{}]", StringComparison.Ordinal)), out var welcome));
        Assert.Equal(["close", "acks"], welcome.Features);
    }

    [Theory]
    [InlineData("", null, null)]
    [InlineData(",\"accepted\":0,\"pushes\":\"p\"", 0L, "p")]
    [InlineData(",\"accepted\":999999999999,\"pushes\":\"0c5b7e8e0f0a4c0e\"", 999_999_999_999, "0c5b7e8e0f0a4c0e")]
    [InlineData(",\"pushes\":\"p\"", null, "p")]
    public void Reads_the_numberings_and_writes_them_again(string fields, long? accepted, string? pushes)
    {
        var text = Text.Replace("10:00:00Z\"", "10:00:00Z\"" + fields, StringComparison.Ordinal);
        Assert.True(WelcomePayload.TryParse(Json.Whole(text), out var welcome));
        Assert.Equal((accepted, pushes), (welcome.Accepted, welcome.Pushes));
        Assert.Equal(text, Encoding.UTF8.GetString(welcome.ToJson()));
    }

    [Theory]
    [InlineData("\"accepted\":-1")]
    [InlineData("\"accepted\":1000000000000")]
    [InlineData("\"accepted\":9223372036854775808")]
    [InlineData("\"accepted\":1.5")]
    [InlineData("\"accepted\":1e999")]
    [InlineData("\"accepted\":\"1\"")]
    [InlineData("\"accepted\":[1]")]
    [InlineData("\"accepted\":true")]
    [InlineData("\"pushes\":\"\"")]
    [InlineData("\"pushes\":1")]
    [InlineData("\"pushes\":[\"p\"]")]
    [InlineData("\"pushes\":\"\\ud800\"")]
    public void Rejects_an_invalid_numbering(string field) => Assert.False(
        WelcomePayload.TryParse(Json.Whole(Text.Replace(":7.5", $":7.5,{field}", StringComparison.Ordinal)), out _));

    [Fact]
    public void The_name_of_a_numbering_has_at_most_128_characters()
    {
        Assert.True(WelcomePayload.TryParse(Json.Whole(Text.Replace(":7.5", $":7.5,\"pushes\":\"{new string('p', 128)}\"", StringComparison.Ordinal)), out _));
        Assert.False(WelcomePayload.TryParse(Json.Whole(Text.Replace(":7.5", $":7.5,\"pushes\":\"{new string('p', 129)}\"", StringComparison.Ordinal)), out _));
    }

    [Fact]
    public void An_absent_numbering_may_be_null()
    {
        Assert.True(WelcomePayload.TryParse(Json.Whole(Text.Replace(":7.5", ":7.5,\"accepted\":null,\"pushes\":null", StringComparison.Ordinal)), out var welcome));
        Assert.Equal((null, null), (welcome.Accepted, welcome.Pushes));
    }
}
