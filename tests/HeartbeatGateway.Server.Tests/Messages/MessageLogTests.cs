using System.Text;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Testing;
using Microsoft.Extensions.Logging.Testing;

namespace HeartbeatGateway.Server.Tests.Messages;

/// <summary>What the log contains of the content of messages.</summary>
public sealed class MessageLogTests
{
    // "温度" in GBK.
    private static readonly byte[] Gbk = [0xCE, 0xC2, 0xB6, 0xC8];

    [Fact]
    public async Task Content_that_is_not_UTF8_is_shown_as_base64_beside_the_text()
    {
        using var gateway = new EngineHarness();
        var line = await LogAsync(gateway, [.. "t="u8, .. Gbk, .. "21"u8]);
        Assert.Equal(Convert.ToBase64String([.. "t="u8, .. Gbk, .. "21"u8]), line.GetStructuredStateValue("ContentBase64"));
        Assert.Contains("t=\uFFFD", line.Message, StringComparison.Ordinal);
        Assert.Contains("21 (not UTF-8; base64: dD3Owrb", line.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(300, 400, false)]
    [InlineData(301, 400, true)]
    [InlineData(60_000, 400, true)]
    public async Task The_base64_is_bounded(int bytes, int characters, bool isCut)
    {
        using var gateway = new EngineHarness();
        var content = Enumerable.Repeat((byte)0xFF, bytes).ToArray();
        var base64 = (await LogAsync(gateway, content)).GetStructuredStateValue("ContentBase64")!;
        Assert.Equal((characters + (isCut ? 1 : 0), isCut), (base64.Length, base64.EndsWith('…')));
        Assert.Equal(content[..Math.Min(bytes, 300)], Convert.FromBase64String(base64.TrimEnd('…')));
    }

    [Theory]
    [InlineData("温度 21")]
    [InlineData("line\r\nbreak")]
    [InlineData("")]
    public async Task UTF8_content_is_shown_as_text_alone(string content)
    {
        using var gateway = new EngineHarness();
        var line = await LogAsync(gateway, Encoding.UTF8.GetBytes(content));
        Assert.Null(line.GetStructuredStateValue("ContentBase64"));
        Assert.DoesNotContain("base64", line.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_UTF8_text_whose_shown_part_ends_inside_a_character_is_text()
    {
        using var gateway = new EngineHarness();
        var line = await LogAsync(gateway, Encoding.UTF8.GetBytes("x" + new string('温', 1_000)));
        Assert.Null(line.GetStructuredStateValue("ContentBase64"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task With_length_only_the_content_is_in_no_form_in_the_log(bool isUtf8)
    {
        using var gateway = new EngineHarness(o => o.Messages.LogContent = MessageLogContent.Length);
        var content = isUtf8 ? "secret reading"u8.ToArray() : Gbk;
        var line = await LogAsync(gateway, content);
        Assert.Equal(($"{content.Length}", "message"), (line.GetStructuredStateValue("ContentBytes"), line.GetStructuredStateValue("MessageType")));
        Assert.Equal(("(not logged)", null), (line.GetStructuredStateValue("Content"), line.GetStructuredStateValue("ContentBase64")));
        Assert.DoesNotContain("secret", line.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_none_there_is_no_line_and_the_message_is_counted_and_a_change_is_in_force_at_once()
    {
        using var gateway = new EngineHarness(o => o.Messages.LogContent = MessageLogContent.None);
        var client = gateway.Connect();
        await client.SendAsync(client.Frame("message", "x"));
        Assert.DoesNotContain(gateway.Logs.GetSnapshot(), l => l.Id.Name == "MessageReceived");
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.messages", ("outcome", "accepted")));
        Assert.Equal(0, gateway.Metrics.Sum("heartbeatgateway.log_lines_suppressed"));
        gateway.Options.Messages.LogContent = MessageLogContent.Full;
        gateway.Engine.Reconfigure(gateway.Options);
        await client.SendAsync(client.Frame("message", "x"));
        Assert.Single(gateway.Logs.GetSnapshot(), l => l.Id.Name == "MessageReceived");
    }

    private static async Task<FakeLogRecord> LogAsync(EngineHarness gateway, byte[] content)
    {
        // A larger content needs a client that is known.
        var client = await gateway.ConnectedAsync();
        await client.SendAsync(client.Signer.Encode(FrameKinds.Message, content, client.UnixSeconds));
        return Assert.Single(gateway.Logs.GetSnapshot(), l => l.Id.Name == "MessageReceived");
    }
}
