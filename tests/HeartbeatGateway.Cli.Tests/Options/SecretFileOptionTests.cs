namespace HeartbeatGateway.Cli.Tests.Options;

public sealed class SecretFileOptionTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData("7369787465656e2d627974652d6b6579", "")]
    [InlineData("efbbbf7369787465656e2d627974652d6b65790d0a", "")]
    [InlineData("7369787465656e2d627974652d6b65790a", "")]
    [InlineData("7369787465656e2d627974652d6b65792020", "ends with a blank")]
    [InlineData("7369787465656e2d627974652d6b65790a0a", "ends with more than one line end")]
    [InlineData("227369787465656e2d627974652d6b657922", "has quotes around the secret")]
    public async Task Reads_the_file_by_the_rule_of_the_gateway(string hex, string warning)
    {
        var run = Run(hex);
        Assert.Equal(ExitCode.Success, await run.RunAsync("token", "make", "--secret-file", _file, "--created", CliRun.Date));
        if (warning.Length == 0)
        {
            Assert.Equal("yqMZ8T3m0eHgM2jY2uvfjHCscGXai-zwDEzAykv2a7c\n", run.Output);
            Assert.Empty(run.Errors);
            return;
        }

        Assert.NotEqual("yqMZ8T3m0eHgM2jY2uvfjHCscGXai-zwDEzAykv2a7c\n", run.Output);
        Assert.StartsWith($"hbg: warning: --secret-file: '{_file}' {warning}", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("sixteen", run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fffe73006900", "is UTF-16")]
    [InlineData("ffffffffffffffffffffffffffffffff", "is not UTF-8")]
    [InlineData("", "contains no secret")]
    [InlineData("0a", "contains no secret")]
    public async Task Refuses_a_file_without_text(string hex, string error)
    {
        var run = Run(hex);
        Assert.Equal(ExitCode.File, await run.RunAsync("token", "make", "--secret-file", _file));
        Assert.StartsWith($"hbg: --secret-file: '{_file}' {error}", run.Errors, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    private CliRun Run(string hex)
    {
        File.WriteAllBytes(_file, Convert.FromHexString(hex));
        return new CliRun();
    }
}
