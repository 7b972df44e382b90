using System.Text;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.EndToEnd.Tests;

/// <summary>Runs the programs in the documents and checks the names in them.</summary>
public sealed class DocumentTests
{
    [Fact]
    public async Task The_python_client_in_the_protocol_document_sends_the_documented_bytes_and_is_answered()
    {
        var python = new[] { "/usr/bin/python3", "/usr/local/bin/python3" }.FirstOrDefault(File.Exists)
            ?? System.Environment.GetEnvironmentVariable("PATH")?.Split(':').Select(p => Path.Combine(p, "python3")).FirstOrDefault(File.Exists);
        Assert.SkipWhen(python is null && System.Environment.GetEnvironmentVariable("CI") is null, "SKIPPED: python3 is missing");
        var document = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "protocol.md"), TestContext.Current.CancellationToken);
        // The last program in Python is the client; the block before it shows what it sends.
        var last = document.LastIndexOf("```python\n", StringComparison.Ordinal);
        var program = Block(document[last..], "```python\n");
        var dump = Block(document[..last], "```\n", last: true);

        await using var gateway = await GatewayProcess.StartAsync(("Gateway__Tokens__Keys__0__Secret", "sixteen-byte-key"));
        await using var client = new ChildProcess(python!, ["-c", program, "127.0.0.1", $"{gateway.TcpPort}"], new Dictionary<string, string?>());
        Assert.Equal(0, await client.ExitCodeAsync());
        Assert.Equal(Hex(dump), Hex(client.Lines[0]));
        Assert.Equal(316, Hex(client.Lines[0]).Length);
        Assert.StartsWith("b'ping' b'", client.Lines[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("python", "python3 \"$1\" \"$2\" \"$3\"")]
    [InlineData("js", "node \"$1\" \"$2\" \"$3\"")]
    [InlineData("c", "cc -x c -o \"$1.out\" \"$1\" -lcrypto && \"$1.out\" \"$2\" \"$3\"")]
    public async Task The_programs_in_the_protocol_document_derive_the_secret_of_a_client(string language, string command)
    {
        var document = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "protocol.md"), TestContext.Current.CancellationToken);
        var section = document[document.IndexOf("**A secret for each client.**", StringComparison.Ordinal)..];
        var folder = Directory.CreateTempSubdirectory("hbg-derive-");
        try
        {
            // The extension keeps Node from taking the file for a module.
            var file = Path.Combine(folder.FullName, language == "js" ? "derive.cjs" : "derive");
            await File.WriteAllTextAsync(file, Block(section, $"```{language}\n") + "\n", TestContext.Current.CancellationToken);
            await using var program = new ChildProcess("sh", ["-c", command, "sh", file, "sixteen-byte-key", "pump-17"], new Dictionary<string, string?>());
            Assert.Equal(0, await program.ExitCodeAsync());
            Assert.Equal(["dZwYPeL95uDoyZrJPiE92Tzim5DGehSqAGxDDtKySxs"], program.Lines);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task The_numbered_frames_in_the_protocol_document_have_the_documented_bytes()
    {
        var document = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "protocol.md"), TestContext.Current.CancellationToken);
        var section = document[document.IndexOf("### Example with tokens", StringComparison.Ordinal)..];
        section = section[..section.IndexOf("\n## ", StringComparison.Ordinal)];
        var rows = section.Split('\n').Where(line => line.StartsWith("| client |", StringComparison.Ordinal) || line.StartsWith("| gateway |", StringComparison.Ordinal)).ToList();
        Assert.Equal(6, rows.Count);
        foreach (var row in rows)
        {
            var cells = row.Split('|').Select(cell => cell.Trim()).ToList();
            var (type, after, content, token) = (cells[2].Trim('`'), cells[3].Trim('`'), cells[4].Trim('`'), cells[5].Trim('`'));
            Assert.Equal(FrameNumberStatus.Numbered, FrameNumber.Read(Encoding.ASCII.GetBytes("2026-11-22 10:00:00" + after), out var number));
            var keyring = new TokenKeyring(
                new TokenKeyringOptions { Secrets = [new TokenSecret("k1", "sixteen-byte-key")] }, cells[1] == "client" ? TokenRole.Client : TokenRole.Gateway);
            var frame = keyring.Keys[0].Bare.EncodeNumbered(Encoding.UTF8.GetBytes(type), Encoding.UTF8.GetBytes(content), 1_795_341_600, number);
            Assert.Equal(token, Encoding.ASCII.GetString(frame.Span.Slice(FrameFormat.TokenOffset, FrameFormat.FieldLength).TrimEnd((byte)0)));
            if (row.StartsWith("| client | `message` | ` n=1 ", StringComparison.Ordinal))
            {
                Assert.Equal(Convert.ToHexStringLower(frame.Span.Slice(FrameFormat.CreatedOffset, FrameFormat.FieldLength)), Hex(Block(section, "```\n")));
            }
        }
    }

    [Fact]
    public async Task Every_test_in_the_security_document_exists()
    {
        var document = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "SECURITY.md"), TestContext.Current.CancellationToken);
        var named = document.Split('`').Where(word => word.EndsWith("Tests", StringComparison.Ordinal) && word.All(char.IsAsciiLetter)).ToHashSet(StringComparer.Ordinal);
        var there = Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*Tests.cs", SearchOption.AllDirectories).Select(Path.GetFileNameWithoutExtension);
        Assert.True(named.Count > 30, $"The document names {named.Count} tests.");
        Assert.Empty(named.Except(there));
    }

    private static string Block(string document, string fence, bool last = false)
    {
        // The last block ends at the end of the text. An opening fence differs from a closing one in the text after it.
        var end = last ? document.LastIndexOf("\n```", StringComparison.Ordinal) : 0;
        var start = last
            ? document.LastIndexOf("```\n", end, StringComparison.Ordinal) + fence.Length
            : document.IndexOf(fence, StringComparison.Ordinal) + fence.Length;
        if (!last) end = document.IndexOf("\n```", start, StringComparison.Ordinal);
        return document[start..end];
    }

    /// <summary>The bytes of a hex dump, without offsets, text columns and spaces.</summary>
    private static string Hex(string dump) => string.Concat(dump.Split('\n').SelectMany(line => line.Split(' ').Where(w => w.Length == 2 && w.All(char.IsAsciiHexDigit))));
}
