namespace HeartbeatGateway.Cli.Tests.Frames;

public sealed class EncodeTests
{
    /// <summary>The bytes that docs/protocol.md shows.</summary>
    [Fact]
    public async Task Writes_the_example_of_the_protocol_document_byte_for_byte()
    {
        var document = Repository.File("docs/protocol.md");
        var example = document[document.IndexOf("0000  00 00 00 76", StringComparison.Ordinal)..];
        example = example[..example.IndexOf("```", StringComparison.Ordinal)];
        var run = new CliRun();

        Assert.Equal(ExitCode.Success, await run.RunAsync("frame", "encode", "--secret", CliRun.Secret, "--created", CliRun.Date, "-o", "dump"));
        Assert.Equal(example, run.Output);
    }

    [Fact]
    public async Task Uses_the_development_secret_with_a_warning_when_no_secret_is_given()
    {
        var run = new CliRun();
        Assert.Equal(ExitCode.Success, await run.LineAsync("frame encode"));
        Assert.Contains("the well-known development secret is used", run.Errors, StringComparison.Ordinal);
        var explained = new CliRun();
        Assert.Equal(ExitCode.Success, await explained.RunAsync("frame", "explain", "--secret", "heartbeatgateway-development-secret", run.Output.Trim()));
        Assert.Contains("verifies: key k1, client to gateway", explained.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Raw_output_writes_the_bytes_and_is_refused_on_a_terminal()
    {
        var run = new CliRun();
        Assert.Equal(ExitCode.Success, await run.LineAsync("frame encode --scheme none -o raw"));
        Assert.Equal(158, run.RawOutput.Length);
        Assert.Empty(run.Output);

        var terminal = new CliRun { IsTerminal = true };
        Assert.Equal(ExitCode.Usage, await terminal.LineAsync("frame encode --scheme none -o raw"));
        Assert.Empty(terminal.RawOutput);
    }

    [Fact]
    public async Task Applies_key_id_time_zone_direction_and_content()
    {
        var run = new CliRun().Set("HBG_SECRET", CliRun.Secret);
        Assert.Equal(ExitCode.Success, await run.RunAsync(
            "frame", "encode", "--key-id", "pump", "--time-zone", "+08:00", "--direction", "to-client",
            "--type", "message", "--content-hex", "68:65:6c:6c:6f", "--created", "2026-11-22 18:00:00"));
        var explained = new CliRun();
        Assert.Equal(ExitCode.Success, await explained.RunAsync(
            "frame", "explain", "--secret", CliRun.Secret, "--key-id", "pump", "--time-zone", "+08:00", "--at", "2026-11-22 18:00:00", run.Output.Trim()));
        Assert.Contains("verifies: key pump, named, gateway to client", explained.Output, StringComparison.Ordinal);
        Assert.Contains("content  68 65 6c 6c 6f             \"hello\"", explained.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--content a --content-hex 00", (int)ExitCode.Usage, "Give one of")]
    [InlineData("--content-hex 0", (int)ExitCode.Usage, "--content-hex: ")]
    [InlineData("--content-file /no/such", (int)ExitCode.File, "--content-file: '/no/such' cannot be read")]
    [InlineData("--type 123456789012345678901234567890123456789012345678901", (int)ExitCode.Usage, "--type has 51 bytes")]
    [InlineData("--created tomorrow", (int)ExitCode.Usage, "--created is 'tomorrow'")]
    [InlineData("--secret sixteen-byte-key --key-id a --key-id b", (int)ExitCode.Usage, "--key-id is given 2 times, but there are 1 secrets")]
    [InlineData("--secret sixteen-byte-key --key-id far-too-long", (int)ExitCode.Usage, "A key id has 1 to 6 characters of A-Z a-z 0-9 _ -")]
    [InlineData("--scheme digest --secret x --key-id a", (int)ExitCode.Usage, "only tokens of hmac-sha256")]
    [InlineData("--scheme digest --secret x --digest-algorithm SHA256", (int)ExitCode.Usage, "does not fit the token field's 50")]
    [InlineData("--scheme digest --secret x --digest-recipe {created}", (int)ExitCode.Usage, "does not hold {secret}")]
    public async Task Names_the_option_with_an_invalid_value(string options, int code, string error)
    {
        var run = new CliRun();
        Assert.Equal((ExitCode)code, await run.LineAsync($"frame encode {options}"));
        Assert.Contains(error, run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("Parameter", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_a_date_that_the_time_zone_skips()
    {
        var run = new CliRun();
        Assert.Equal(ExitCode.Usage, await run.RunAsync(
            "frame", "encode", "--scheme", "none", "--time-zone", "Europe/Berlin", "--created", "2026-03-29 02:30:00"));
        Assert.Contains("2026-03-29 02:30:00 does not exist in time zone Europe/Berlin", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Removes_exactly_one_trailing_newline_from_a_secret_file()
    {
        var file = Path.Combine(Path.GetTempPath(), $"hbg-{Guid.NewGuid():N}");
        await File.WriteAllTextAsync(file, CliRun.Secret + "\r\n");
        try
        {
            var run = new CliRun();
            Assert.Equal(ExitCode.Success, await run.RunAsync("token", "make", "--secret-file", file, "--created", CliRun.Date));
            Assert.Equal("yqMZ8T3m0eHgM2jY2uvfjHCscGXai-zwDEzAykv2a7c\n", run.Output);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
