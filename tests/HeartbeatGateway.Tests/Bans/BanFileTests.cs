using HeartbeatGateway.Bans;
using HeartbeatGateway.Server.Bans;
using HeartbeatGateway.Tests.Support;

namespace HeartbeatGateway.Tests.Bans;

/// <summary>The file of bans: what is written is read, and what is damaged is named with its line.</summary>
public sealed class BanFileTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public void What_is_written_is_read()
    {
        using var folder = new TemporaryFolder();
        var file = new BanFile(folder.File("bans.json"));
        Assert.Null(file.Read(Now));
        Ban[] bans =
        [
            Make(BanKind.Client, "pump-17") with { Comment = "<b>\"Grüße\" & 語</b>", CreatedBy = "operator", ExpiresAt = Now.AddDays(1) },
            Make(BanKind.Address, "2001:db8::/32") with { CreatedBy = "(automatic)", IsAutomatic = true },
            Make(BanKind.Key, "k1") with { CreatedBy = "operator" },
        ];
        var stamp = file.Write(bans);
        var reading = file.Read(Now.AddDays(5))!;
        Assert.Equal(bans, reading.Bans);
        Assert.Equal((stamp, stamp), (reading.Stamp, file.Stamp()));
        var text = File.ReadAllText(file.FullPath);
        Assert.Contains("      \"comment\": \"<b>\\\"Grüße\\\" & 語</b>\",\n", text, StringComparison.Ordinal);
        Assert.Equal([file.FullPath], Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(file.FullPath)!));
    }

    [Fact]
    public void The_largest_list_fits_the_bound()
    {
        using var folder = new TemporaryFolder();
        var file = new BanFile(folder.File("bans.json"));
        Ban[] bans = [.. Enumerable.Range(0, Ban.MaxCount).Select(i => Make(BanKind.Client, $"{i:D128}") with { Comment = new string('語', BanFileFormat.MaxCommentChars), CreatedBy = new string('k', 64), ExpiresAt = Now })];
        file.Write(bans);
        Assert.InRange(new FileInfo(file.FullPath).Length, 1, BanFile.MaxBytes);
        Assert.Equal(Ban.MaxCount, file.Read(Now)!.Bans.Count);
    }

    [Fact]
    public void A_file_written_by_hand_needs_kind_and_value_only()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("bans.json"), "\uFEFF{ \"bans\": [ { \"kind\": \"address\", \"value\": \"::ffff:198.51.100.7\" }, ] }");
        var ban = Assert.Single(new BanFile(folder.File("bans.json")).Read(Now)!.Bans);
        Assert.Equal(Make(BanKind.Address, "198.51.100.7") with { CreatedBy = "(file)" }, ban);
    }

    [Theory]
    [InlineData("", "line 1: ")]
    [InlineData("null", "line 1: it must be an object with the list \"bans\"")]
    [InlineData("[]", "line 1: ")]
    [InlineData("{}", "line 1: it must be an object with the list \"bans\"")]
    [InlineData("{\n\"bans\": [\n{ \"kind\": \"client\", \"val", "line 3: ")]
    [InlineData("bans: pump-17", "line 1: 'b' is an invalid start of a value")]
    [InlineData("{\n\"bans\": [\n{ \"kind\": \"client\",\n\"value\": \"a\", \"coment\": \"x\" } ] }", "line 4: coment is not a known field")]
    [InlineData("{\n\"bans\": [\n{ \"kind\": \"client\", \"value\": \"a\",\n\"expiresAt\": \"soon\" } ] }", "line 4: $.bans[0].expiresAt has a value of the wrong type")]
    [InlineData("{\n\"bans\": [\n{ \"kind\": \"client\", \"value\": \"a\" },\n{ \"kind\": \"client\" } ] }", "line 4: the ban has no \"value\"")]
    [InlineData("{\n\"bans\": [\n{ \"value\": \"a\" } ] }", "line 3: the ban has no \"kind\"")]
    [InlineData("{\n\"bans\": [\n{ \"value\": \"a\",\n\"kind\": \"clients\" } ] }", "line 4: \"kind\" must be")]
    [InlineData("{\n\"bans\": [\n{ \"kind\": \"address\",\n\"value\": \"10.0.0.1/8\" } ] }", "line 4: '10.0.0.1/8' has bits set after its prefix: write 10.0.0.0/8")]
    [InlineData("{\n\"bans\": [\n{ \"kind\": \"client\", \"value\": \"a\" },\n{ \"kind\": \"client\", \"value\": \"a\" } ] }", "line 4: the client 'a' is in the list twice")]
    [InlineData("{\n\"bans\": [\nnull ] }", "line 3: null is no ban")]
    public void A_damaged_file_is_named_with_its_line_and_the_remedy(string content, string expected)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("bans.json");
        File.WriteAllText(path, content);
        var error = Assert.Throws<BanFileException>(() => new BanFile(path).Read(Now)).Message;
        Assert.StartsWith($"The file of bans {path} (Gateway:Bans:File) cannot be used: {expected}", error, StringComparison.Ordinal);
        Assert.EndsWith("Correct the file, or move it away to begin without bans.", error, StringComparison.Ordinal);
        Assert.Equal(content, File.ReadAllText(path));
    }

    [Fact]
    public void Other_files_that_cannot_be_used_are_named_too()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("bans.json");
        File.WriteAllBytes(path, [(byte)'{', 0xFF]);
        Assert.Contains("it is not UTF-8", Assert.Throws<BanFileException>(() => new BanFile(path).Read(Now)).Message, StringComparison.Ordinal);
        Assert.Contains("it is a folder", Assert.Throws<BanFileException>(() => new BanFile(Path.GetDirectoryName(path)!).Read(Now)).Message, StringComparison.Ordinal);
        Assert.Contains("is in a folder that does not exist. Create it", Assert.Throws<BanFileException>(() => new BanFile(folder.File("missing/bans.json")).Read(Now)).Message, StringComparison.Ordinal);
        File.CreateSymbolicLink(folder.File("link.json"), folder.File("gone.json"));
        Assert.Throws<BanFileException>(() => new BanFile(folder.File("link.json")).Read(Now));
    }

    [Fact]
    public void A_symbolic_link_stays_one_and_the_mode_of_the_file_stays()
    {
        using var folder = new TemporaryFolder();
        var target = folder.File("target.json");
        File.WriteAllText(target, """{"bans":[]}""");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(target, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.CreateSymbolicLink(folder.File("bans.json"), target);
        new BanFile(folder.File("bans.json")).Write([Make(BanKind.Key, "k1")]);
        Assert.Equal(target, new FileInfo(folder.File("bans.json")).LinkTarget);
        Assert.Contains("k1", File.ReadAllText(target), StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(target));
    }

    private static Ban Make(BanKind kind, string value) => Ban.TryCreate(kind, value, out var ban, out var error) ? ban with { CreatedAt = Now } : throw new ArgumentException(error, nameof(value));
}
