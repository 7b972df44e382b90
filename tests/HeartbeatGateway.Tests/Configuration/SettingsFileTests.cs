using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server.Options;

namespace HeartbeatGateway.Tests.Configuration;

public sealed class SettingsFileTests : IDisposable
{
    private const string Key = "Gateway:Frames:MaxContentBytes";

    private readonly string _folder = Directory.CreateTempSubdirectory("heartbeatgateway-settings-").FullName;

    private string FilePath => Path.Combine(_folder, "appsettings.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Ways to make a file unusable, and what the fault says after the path. None needs another user than root.</summary>
    public static TheoryData<string, string> Faults => new()
    {
        { "{", "is not valid JSON: line 1, byte 2: " },
        { "{\n  \"Gateway\" 7\n}", "is not valid JSON: line 2, byte 13: '7' is invalid after a property name. Expected a ':'" },
        { "", "is not valid JSON: line 1, byte 1: " },
        { "[]", "is not valid: Top-level JSON element must be an object" },
        { "{\"a\":1,\"A\":2}", "is not valid: A duplicate key 'A' was found" },
        { "not UTF-8", "is not UTF-8: save it as UTF-8" },
        { "folder", "is a folder, but must be a file" },
        { "link to itself", "cannot be read: " },
        { "link to nothing", "is a symbolic link to 'nothing', which does not exist" },
        { "large", "has more than 4194304 bytes" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_file_that_cannot_be_used_stops_a_start_with_its_path_and_reason(string content, string reason)
    {
        Write(content);
        var e = Assert.Throws<GatewayOptionsException>(new SettingsFile(FilePath).Load);
        Assert.StartsWith($"{FilePath} {reason}", Assert.Single(e.Errors), StringComparison.Ordinal);
        Assert.EndsWith(".", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("..", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_file_that_becomes_unusable_keeps_its_last_good_content_until_it_can_be_read(string content, string reason)
    {
        var file = Loaded("1000");
        Write(content);
        Assert.False(file.Look(isPatient: true));
        file.Load();
        Assert.StartsWith($"{FilePath} {reason}", file.Fault, StringComparison.Ordinal);
        Assert.False(file.IsGone);
        Assert.Equal("1000", Value(file));

        Write(Json("2000"));
        Assert.True(file.Look(isPatient: true));
        Assert.Null(file.Fault);
        Assert.Equal("2000", Value(file));
    }

    [Fact]
    public void A_file_that_is_gone_keeps_its_last_content_and_an_empty_object_removes_it()
    {
        var file = Loaded("1000");
        File.Delete(FilePath);
        file.Load();
        Assert.True(file.IsGone);
        Assert.Equal("1000", Value(file));

        Write("{}");
        Assert.True(file.Look(isPatient: true));
        Assert.Null(file.Fault);
        Assert.Null(Value(file));
    }

    [Fact]
    public void An_optional_file_that_appears_is_taken_in()
    {
        var file = new SettingsFile(FilePath);
        file.Load();
        Assert.False(file.Look(isPatient: true));
        Assert.Null(file.Fault);
        Write(Json("1000"));
        Assert.True(file.Look(isPatient: true));
        Assert.Equal("1000", Value(file));
    }

    [Fact]
    public void Other_content_of_the_same_size_and_time_is_noticed_and_so_is_a_touch()
    {
        var file = Loaded("1000");
        var time = File.GetLastWriteTimeUtc(FilePath);
        Assert.False(file.Look(isPatient: true));
        Write(Json("2000"));
        File.SetLastWriteTimeUtc(FilePath, time);
        Assert.True(file.Look(isPatient: true));
        Assert.Equal("2000", Value(file));

        // The files that settings name are read again as well, and they may have changed.
        File.SetLastWriteTimeUtc(FilePath, time.AddSeconds(1));
        Assert.True(file.Look(isPatient: true));
        Assert.False(file.Look(isPatient: true));
    }

    [Fact]
    public void A_fault_is_reported_once_when_it_is_found_twice_and_at_each_request()
    {
        var file = Loaded("1000");
        var reports = new List<string?>();
        file.Reported = f => reports.Add(f.Fault);

        // A program that writes the file may be between two of its steps.
        Write("");
        file.Look(isPatient: true);
        Write(Json("1000"));
        file.Look(isPatient: true);
        Assert.Empty(reports);

        Write("{");
        for (var i = 0; i < 5; i++) file.Look(isPatient: true);
        Assert.Single(reports);
        file.Load();
        Assert.Equal(2, reports.Count);
        Write(Json("1000"));
        file.Look(isPatient: true);
        file.Look(isPatient: true);
        Assert.Equal(3, reports.Count);
        Assert.Null(reports[^1]);
    }

    private static string Json(string value) => $"{{\"Gateway\":{{\"Frames\":{{\"MaxContentBytes\":{value}}}}}}}";

    private static string? Value(SettingsFile file) => file.TryGet(Key, out var value) ? value : null;

    private SettingsFile Loaded(string value)
    {
        Write(Json(value));
        var file = new SettingsFile(FilePath);
        file.Load();
        Assert.Equal(value, Value(file));
        return file;
    }

    private void Write(string content)
    {
        if (Directory.Exists(FilePath)) Directory.Delete(FilePath);
        else File.Delete(FilePath);
        if (content == "folder") Directory.CreateDirectory(FilePath);
        else if (content == "link to itself") File.CreateSymbolicLink(FilePath, "appsettings.json");
        else if (content == "link to nothing") File.CreateSymbolicLink(FilePath, "nothing");
        else if (content == "not UTF-8") File.WriteAllBytes(FilePath, [(byte)'{', 0xFF, (byte)'}']);
        else if (content == "large") File.WriteAllText(FilePath, new string(' ', SettingsText.MaxBytes + 1));
        else File.WriteAllText(FilePath, content);
    }
}
