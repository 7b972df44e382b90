using System.Text.Json;

namespace HeartbeatGateway.Cli.Tests.Connect;

/// <summary><c>connect --ack</c>.</summary>
public sealed class AcknowledgedTests
{
    [Fact]
    public async Task Shows_the_number_of_each_acknowledged_message()
    {
        await using var gateway = new FakeGateway { Acknowledges = true };
        var run = Run("one\n/type alarm\nfire\n");
        Assert.Equal(ExitCode.Success, await run.LineAsync($"connect -e {gateway.Endpoint} --client-id a --ack"));
        Assert.Equal([("message", "one"), ("alarm", "fire")], gateway.Messages);
        Assert.Equal([0, 1, 2], gateway.Numbers);
        Assert.Contains("; messages are acknowledged", run.Output, StringComparison.Ordinal);
        Assert.Contains("acknowledged number 1: message, 3 bytes, after ", run.Output, StringComparison.Ordinal);
        Assert.Contains("acknowledged number 2: alarm, 4 bytes, after ", run.Output, StringComparison.Ordinal);
        Assert.Contains("2 messages sent, 2 acknowledged, 0 received", run.Lines[^1], StringComparison.Ordinal);
        Assert.Empty(run.Errors);
    }

    [Fact]
    public async Task Shows_what_is_sent_again_after_a_reconnect()
    {
        await using var gateway = new FakeGateway { Acknowledges = true, DropsFirst = true };
        var run = Run("one\n");
        Assert.Equal(ExitCode.Success, await run.LineAsync($"connect -e {gateway.Endpoint} --client-id a --ack"));
        Assert.Equal([("message", "one"), ("message", "one")], gateway.Messages);
        Assert.Contains("; messages are acknowledged, 1 sent again", run.Output, StringComparison.Ordinal);
        Assert.Contains("1 message sent, 1 acknowledged, 1 sent again, 0 received", run.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Leaves_out_duplicates_and_tells_the_number_of_a_message()
    {
        await using var gateway = new FakeGateway { Acknowledges = true, Push = ("news", "rain"), Pushes = 3 };
        var run = Run("x\n");
        Assert.Equal(ExitCode.Success, await run.LineAsync($"connect -e {gateway.Endpoint} --client-id a --ack"));
        Assert.Contains("received news number 1: ", run.Output, StringComparison.Ordinal);
        Assert.Contains("1 received (2 duplicates left out)", run.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Writes_the_numbers_as_JSON()
    {
        await using var gateway = new FakeGateway { Acknowledges = true, Push = ("news", "rain"), Pushes = 2 };
        var run = Run("x\n");
        Assert.Equal(ExitCode.Success, await run.LineAsync($"connect -e {gateway.Endpoint} --client-id a --ack --json"));
        Assert.Equal(1, Event(run, "acknowledged").GetProperty("number").GetInt64());
        Assert.Equal(1, Event(run, "message").GetProperty("number").GetInt64());
        var end = Event(run, "end");
        Assert.Equal((1, 1, 0, 1), (Count(end, "sent"), Count(end, "acknowledged"), Count(end, "resent"), Count(end, "duplicates")));
        Assert.Contains("\"acknowledgements\":true", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gateway_without_acknowledgements_gets_no_message_and_the_exit_code_is_6()
    {
        await using var gateway = new FakeGateway();
        var run = Run("one\n");
        Assert.Equal(ExitCode.NotDelivered, await run.LineAsync($"connect -e {gateway.Endpoint} --client-id a --ack"));
        Assert.Empty(gateway.Messages);
        Assert.Contains("the gateway has not granted acknowledgements", run.Output, StringComparison.Ordinal);
        Assert.Contains("1 message was not delivered", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_without_an_acknowledgement_may_be_lost()
    {
        await using var gateway = new FakeGateway { Acknowledges = true, DropsFirst = true };
        var run = Run("one\n");
        Assert.Equal(ExitCode.NotDelivered, await run.LineAsync($"connect -e {gateway.Endpoint} --client-id a --ack --flush-timeout 0ms"));
        Assert.Contains("1 message sent, 0 acknowledged (1 may be lost)", run.Lines[^1], StringComparison.Ordinal);
        Assert.Contains("1 sent message may be lost: the gateway has not acknowledged it", run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("connect --ack", "--ack: Acknowledgements needs a ClientId")]
    [InlineData("connect --ack --client-id a --type ack", "--type is 'ack', which the protocol reserves")]
    [InlineData("load --ack --anonymous", "--ack: Acknowledgements needs a ClientId")]
    public async Task Names_what_the_option_needs(string line, string error)
    {
        var run = Run("");
        Assert.Equal(ExitCode.Usage, await run.LineAsync(line));
        Assert.Contains(error, run.Errors, StringComparison.Ordinal);
    }

    private static CliRun Run(string input) => new CliRun { Clock = TimeProvider.System, Input = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(input)) }.Set("HBG_SECRET", CliRun.Secret);

    private static long Count(JsonElement element, string name) => element.GetProperty(name).GetInt64();

    private static JsonElement Event(CliRun run, string name) =>
        run.Lines.Select(l => JsonDocument.Parse(l).RootElement.Clone()).Single(e => e.GetProperty("event").GetString() == name);
}
