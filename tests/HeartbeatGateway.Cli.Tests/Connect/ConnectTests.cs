using System.Text.Json;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Cli.Tests.Connect;

public sealed class ConnectTests
{
    [Fact]
    public async Task Sends_the_lines_of_a_pipe_then_disconnects_gracefully()
    {
        await using var gateway = new FakeGateway();
        var run = Run("good morning\n\n//slashed\n/type alarm\nfire\n");

        Assert.Equal(ExitCode.Success, await run.LineAsync($"connect -e {gateway.Endpoint} --client-id pump-17"));
        Assert.Equal([("message", "good morning"), ("message", "/slashed"), ("alarm", "fire")], gateway.Messages);
        Assert.Equal(["pump-17"], gateway.ClientIds);
        Assert.Matches(@"^hbg/\d+\.\d+\.\d+[^+]*$", Assert.Single(gateway.Libraries));
        Assert.Contains($"connected to {gateway.Endpoint}, session session-1; heartbeat every 5 s", run.Output, StringComparison.Ordinal);
        Assert.Contains("sent alarm, 4 bytes", run.Output, StringComparison.Ordinal);
        Assert.Contains("3 messages sent, 0 received", run.Lines[^1], StringComparison.Ordinal);
        Assert.Empty(run.Errors);
    }

    [Fact]
    public async Task An_anonymous_client_sends_no_hello()
    {
        await using var gateway = new FakeGateway();
        var run = Run("x\n");
        Assert.Equal(ExitCode.Success, await run.LineAsync($"connect -e {gateway.Endpoint}"));
        Assert.Empty(gateway.ClientIds);
        Assert.Equal([("message", "x")], gateway.Messages);
    }

    [Fact]
    public async Task Shows_heartbeats_and_messages_until_cancellation()
    {
        await using var gateway = new FakeGateway { Push = ("news", "it \u001b[31mrains") };
        using var stopping = new CancellationTokenSource();
        using var input = new EndlessInput();
        var run = Run(input);
        var running = run.LineAsync($"connect -e {gateway.Endpoint} --client-id a --heartbeat 50ms", stopping.Token);
        await run.Out.SawAsync(" beat ");
        await run.Out.SawAsync("received news: 6974201b5b33316d7261696e73 (not text)");
        await stopping.CancelAsync();
        Assert.Equal(ExitCode.Success, await running);
        Assert.Contains(" 1 received", run.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_duration_keeps_the_session_open_after_the_end_of_the_input()
    {
        await using var gateway = new FakeGateway();
        var run = Run("");
        Assert.Equal(ExitCode.Success, await run.LineAsync($"connect -e {gateway.Endpoint} --heartbeat 50ms --duration 2s"));
        Assert.Contains(" beat ", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_quit_command_ends_the_session_before_the_duration()
    {
        await using var gateway = new FakeGateway();
        var run = Run("/nonsense\n/quit\nnever sent\n");
        Assert.Equal(ExitCode.Success, await run.LineAsync($"connect -e {gateway.Endpoint} --duration 1h"));
        Assert.Contains("/quit disconnects", run.Output, StringComparison.Ordinal);
        Assert.Empty(gateway.Messages);
    }

    [Theory]
    [InlineData("connecting to")]
    [InlineData(" beat ")]
    [InlineData("received news")]
    public async Task A_broken_output_pipe_ends_the_session_without_an_error(string last)
    {
        await using var gateway = new FakeGateway { Push = ("news", "rain") };
        using var input = new EndlessInput();
        var run = Run(input);
        run.Out.BreaksAfter = last;
        Assert.Equal(ExitCode.Success, await run.LineAsync($"connect -e {gateway.Endpoint} --client-id a --heartbeat 50ms"));
        Assert.Empty(run.Errors);
    }

    [Fact]
    public async Task Json_writes_one_object_per_line()
    {
        await using var gateway = new FakeGateway { Push = ("news", "\u0001binary") };
        using var stopping = new CancellationTokenSource();
        using var input = new EndlessInput();
        var run = Run(input);
        var running = run.LineAsync($"connect -e {gateway.Endpoint} --client-id a --heartbeat 50ms --json", stopping.Token);
        await run.Out.SawAsync("\"event\":\"beat\"");
        await run.Out.SawAsync("\"event\":\"message\"");
        await stopping.CancelAsync();
        await running;

        var events = run.Lines.Select(l => JsonDocument.Parse(l).RootElement).ToLookup(e => e.GetProperty("event").GetString());
        Assert.Contains(events["state"], e => e.GetProperty("status").GetString() == "connected" && e.GetProperty("sessionId").GetString() == "session-1");
        var message = Assert.Single(events["message"]);
        Assert.Equal("news", message.GetProperty("type").GetString());
        Assert.Equal("\u0001binary"u8.ToArray(), message.GetProperty("contentBase64").GetBytesFromBase64());
        Assert.False(message.TryGetProperty("text", out _));
        Assert.True(events["beat"].First().GetProperty("rttMs").GetDouble() > 0);
        Assert.Equal(1, Assert.Single(events["end"]).GetProperty("connections").GetInt32());
    }

    [Fact]
    public async Task A_close_without_retry_ends_the_session_with_an_error()
    {
        await using var gateway = new FakeGateway
        {
            Close = new ClosePayload { Reason = CloseReason.Banned, Retry = false, ServerTime = TimeProvider.System.GetUtcNow(), Detail = "you were loud" },
        };
        using var input = new EndlessInput();
        var run = Run(input);
        Assert.Equal(ExitCode.NoGateway, await run.LineAsync($"connect -e {gateway.Endpoint} --client-id a"));
        Assert.Contains("the client stopped and must not reconnect", run.Errors, StringComparison.Ordinal);
        Assert.Contains("banned", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gives_up_in_time_when_the_endpoint_has_no_listener()
    {
        var run = Run("lost\n");
        Assert.Equal(ExitCode.NoGateway, await run.LineAsync("connect -e 127.0.0.1:1 --give-up-after 300ms"));
        Assert.Contains("connecting to 127.0.0.1:1 (attempt 1)", run.Output, StringComparison.Ordinal);
        Assert.StartsWith("hbg: the gateway was not reached: ", run.Errors, StringComparison.Ordinal);
        Assert.Contains("refused", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_terminal_shows_the_typed_line_and_sends_it()
    {
        await using var gateway = new FakeGateway();
        var keys = new Keys();
        var run = new CliRun { Clock = TimeProvider.System, IsTerminal = true, Keyboard = keys }
            .Set("HBG_SECRET", CliRun.Secret).Set("NO_COLOR", "1");
        var running = run.LineAsync($"connect -e {gateway.Endpoint}");
        await run.Out.SawAsync("connected to");
        foreach (var character in "hix\b\r") keys.Press(character);
        await run.Out.SawAsync("sent message, 2 bytes");
        foreach (var character in "/quit\r") keys.Press(character);
        Assert.Equal(ExitCode.Success, await running);
        Assert.Equal([("message", "hi")], gateway.Messages);
        Assert.Contains("\r\u001b[2K> hix", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--endpoint nowhere", (int)ExitCode.Usage, "--endpoint: ")]
    [InlineData("--client-id not/allowed", (int)ExitCode.Usage, "ClientId")]
    [InlineData("--type ping", (int)ExitCode.Usage, "which the protocol reserves")]
    [InlineData("--tls-key x", (int)ExitCode.Usage, "--tls-key needs --tls-cert")]
    [InlineData("--tls-ca /no/such/file", (int)ExitCode.File, "--tls-ca: '/no/such/file' cannot be read")]
    [InlineData("--heartbeat 1us", (int)ExitCode.Usage, "Heartbeat")]
    public async Task Names_the_option_with_an_invalid_value(string options, int code, string error)
    {
        var run = Run("");
        Assert.Equal((ExitCode)code, await run.LineAsync($"connect {options}"));
        Assert.Contains(error, run.Errors, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    private static CliRun Run(string input) => Run(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(input)));

    private static CliRun Run(Stream input) => new CliRun { Clock = TimeProvider.System, Input = input }.Set("HBG_SECRET", CliRun.Secret);
}
