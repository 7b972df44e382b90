using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Tests.Terminals;

public sealed class ReadableInputTests
{
    [Theory]
    [InlineData("connect -e 127.0.0.1:1 --give-up-after 200ms", (int)ExitCode.NoGateway)]
    [InlineData("frame explain", (int)ExitCode.NotValid)]
    [InlineData("token verify", (int)ExitCode.NotValid)]
    public async Task Input_that_cannot_be_read_is_the_end_of_the_input(string line, int code)
    {
        await using var input = new ReadableInput(new Unreadable());
        var run = new CliRun { Clock = TimeProvider.System, Input = input }.Set("HBG_SECRET", CliRun.Secret);
        Assert.Equal((ExitCode)code, await run.LineAsync(line));
        Assert.DoesNotContain("internal error", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Readable_input_passes_unchanged()
    {
        await using var input = new ReadableInput(new MemoryStream("abc"u8.ToArray()));
        using var reader = new StreamReader(input);
        Assert.Equal("abc", await reader.ReadToEndAsync());
    }

    /// <summary>A stream like standard input that is open only for writing.</summary>
    private sealed class Unreadable : MemoryStream
    {
        public override int Read(Span<byte> buffer) => throw new IOException("Bad file descriptor");

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.FromException<int>(new UnauthorizedAccessException("Access to the path is denied."));
    }
}
