using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace HeartbeatGateway.Cli.Tests.Connect;

/// <summary>What <c>connect</c> says of messages that the gateway did not get.</summary>
public sealed class UndeliveredTests
{
    [Fact]
    public async Task Messages_after_the_loss_of_the_gateway_are_not_sent()
    {
        var pipe = new Pipe();
        await using var input = pipe.Reader.AsStream();
        var run = Run(input);
        Task<ExitCode> running;
        await using (var gateway = new FakeGateway())
        {
            running = run.LineAsync($"connect -e {gateway.Endpoint} --client-id a --flush-timeout 200ms");
            await TypeAsync(pipe, "a");
            await run.Out.SawAsync("sent message, 1 byte");
        }

        await run.Out.SawAsync("next attempt in");
        await TypeAsync(pipe, "b\nc");
        await run.Out.SawAsync("queued: the client is not connected");
        await pipe.Writer.CompleteAsync();

        Assert.Equal(ExitCode.NotDelivered, await running);
        Assert.Contains("1 message sent", run.Lines[^1], StringComparison.Ordinal);
        Assert.Contains("2 not delivered", run.Lines[^1], StringComparison.Ordinal);
        Assert.EndsWith(" dropped 2 messages to send: still queued at the end of the session", run.Lines[^2], StringComparison.Ordinal);
        Assert.Contains("2 messages were not delivered: no connection took them", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_queued_message_is_delivered_after_a_reconnect()
    {
        var pipe = new Pipe();
        await using var input = pipe.Reader.AsStream();
        var run = Run(input);
        await using var gateway = new FakeGateway { DropsOnMessage = true };
        var running = run.LineAsync($"connect -e {gateway.Endpoint} --client-id a --json");
        await TypeAsync(pipe, "a");
        await run.Out.SawAsync("\"status\":\"waiting\"");
        await TypeAsync(pipe, "b");
        await pipe.Writer.CompleteAsync();

        // The gateway reads each message and then drops the connection, so no answer proves that it has read them.
        Assert.Equal(ExitCode.NotDelivered, await running);
        Assert.Equal([("message", "a"), ("message", "b")], gateway.Messages);
        using var end = JsonDocument.Parse(run.Lines[^1]);
        Assert.Equal(2, end.RootElement.GetProperty("sent").GetInt32());
        Assert.Equal(0, end.RootElement.GetProperty("notDelivered").GetInt32());
        Assert.InRange(end.RootElement.GetProperty("mayBeLost").GetInt32(), 1, 2);
        Assert.Contains("may be lost", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Messages_to_a_gateway_that_was_never_reached_count_as_not_delivered()
    {
        var run = Run(new MemoryStream("lost\n"u8.ToArray()));
        Assert.Equal(ExitCode.NoGateway, await run.LineAsync("connect -e 127.0.0.1:1 --give-up-after 300ms"));
        Assert.Contains("0 messages sent, 0 received", run.Lines[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--duration 300ms")]
    [InlineData("--duration 0.3 --json")]
    public async Task The_duration_counts_from_the_start_also_without_a_gateway(string options)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var input = new EndlessInput();
        var run = Run(input);
        Assert.Equal(ExitCode.NoGateway, await run.LineAsync($"connect -e {listener.LocalEndPoint} {options}"));
        Assert.Contains("the gateway was not reached", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tcp_URL_is_an_endpoint()
    {
        await using var gateway = new FakeGateway();
        var run = Run(new MemoryStream("x\n"u8.ToArray()));
        Assert.Equal(ExitCode.Success, await run.LineAsync($"connect -e tcp://{gateway.Endpoint}/"));
        Assert.Equal([("message", "x")], gateway.Messages);
    }

    private static CliRun Run(Stream input) => new CliRun { Clock = TimeProvider.System, Input = input }.Set("HBG_SECRET", CliRun.Secret);

    private static async Task TypeAsync(Pipe pipe, string lines) => await pipe.Writer.WriteAsync(Encoding.UTF8.GetBytes(lines + "\n"));
}
