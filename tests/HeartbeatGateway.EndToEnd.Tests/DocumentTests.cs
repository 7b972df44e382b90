namespace HeartbeatGateway.EndToEnd.Tests;

/// <summary>What the documents say to run, run.</summary>
public sealed class DocumentTests
{
    [Fact]
    public async Task The_python_client_of_the_protocol_document_makes_the_bytes_it_shows_and_is_answered()
    {
        var python = new[] { "/usr/bin/python3", "/usr/local/bin/python3" }.FirstOrDefault(File.Exists)
            ?? System.Environment.GetEnvironmentVariable("PATH")?.Split(':').Select(p => Path.Combine(p, "python3")).FirstOrDefault(File.Exists);
        Assert.SkipWhen(python is null && System.Environment.GetEnvironmentVariable("CI") is null, "SKIPPED: python3 is missing");
        var document = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "protocol.md"), TestContext.Current.CancellationToken);
        var program = Block(document, "```python\n");
        var dump = Block(document[..document.IndexOf("```python", StringComparison.Ordinal)], "```\n", last: true);

        await using var gateway = await GatewayProcess.StartAsync(("Gateway__Tokens__Keys__0__Secret", "sixteen-byte-key"));
        await using var client = new ChildProcess(python!, ["-c", program, "127.0.0.1", $"{gateway.TcpPort}"], new Dictionary<string, string?>());
        Assert.Equal(0, await client.ExitCodeAsync());
        Assert.Equal(Hex(dump), Hex(client.Lines[0]));
        Assert.Equal(316, Hex(client.Lines[0]).Length);
        Assert.StartsWith("b'ping' b'", client.Lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_test_that_the_security_document_names_is_there()
    {
        var document = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "SECURITY.md"), TestContext.Current.CancellationToken);
        var named = document.Split('`').Where(word => word.EndsWith("Tests", StringComparison.Ordinal) && word.All(char.IsAsciiLetter)).ToHashSet(StringComparer.Ordinal);
        var there = Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*Tests.cs", SearchOption.AllDirectories).Select(Path.GetFileNameWithoutExtension);
        Assert.True(named.Count > 30, $"The document names {named.Count} tests.");
        Assert.Empty(named.Except(there));
    }

    private static string Block(string document, string fence, bool last = false)
    {
        // The last block ends where the text does; an opening fence is told from a closing one by what stands behind it.
        var end = last ? document.LastIndexOf("\n```", StringComparison.Ordinal) : 0;
        var start = last
            ? document.LastIndexOf("```\n", end, StringComparison.Ordinal) + fence.Length
            : document.IndexOf(fence, StringComparison.Ordinal) + fence.Length;
        if (!last) end = document.IndexOf("\n```", start, StringComparison.Ordinal);
        return document[start..end];
    }

    /// <summary>The bytes of a dump, without offsets, text columns and blanks.</summary>
    private static string Hex(string dump) => string.Concat(dump.Split('\n').SelectMany(line => line.Split(' ').Where(w => w.Length == 2 && w.All(char.IsAsciiHexDigit))));
}
