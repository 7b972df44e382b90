using HeartbeatGateway.Configuration;
using HeartbeatGateway.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Primitives;

namespace HeartbeatGateway.Tests.Configuration;

public sealed class SettingsWatchTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("heartbeatgateway-watch-").FullName;
    private readonly TestClock _time = new();
    private readonly FakeLogger<SettingsWatch> _logger = new();
    private readonly ConfigurationManager _configuration = new();
    private readonly IDisposable _registration;
    private int _changes;

    public SettingsWatchTests()
    {
        Write("appsettings.json", """{"Gateway":{"Frames":{"MaxContentBytes":1000}}}""");
        Write("appsettings.Production.json", """{"Gateway":{"Admission":{"MaxConnectionsPerAddress":5}}}""");
        _configuration.AddJsonFile("appsettings.json", optional: true).AddJsonFile("appsettings.Production.json", optional: true);
        SettingsFiles.Install(_configuration, _folder);
        _registration = ChangeToken.OnChange(((IConfiguration)_configuration).GetReloadToken, () => _changes++);
    }

    public void Dispose()
    {
        _registration.Dispose();
        _configuration.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("appsettings.json", "appsettings.Production.json", "{")]
    [InlineData("appsettings.Production.json", "appsettings.json", "{")]
    [InlineData("appsettings.json", "appsettings.Production.json", null)]
    [InlineData("appsettings.Production.json", "appsettings.json", null)]
    public async Task A_file_that_cannot_be_used_keeps_its_settings_when_another_file_changes(string broken, string other, string? content)
    {
        using var watch = await StartAsync();
        Write(broken, content);
        _time.Advance(SettingsWatch.Interval);
        _time.Advance(SettingsWatch.Interval);
        Assert.Equal(0, _changes);
        var line = Assert.Single(_logger.Collector.GetSnapshot());
        Assert.Equal(content is null ? "SettingsFileGone" : "ConfigurationRefused", line.Id.Name);
        Assert.Contains(Path.Combine(_folder, broken), line.Message, StringComparison.Ordinal);

        Write(other, """{"Gateway":{"Frames":{"FrameTimeout":"00:00:05"},"Admission":{"MaxConnectionsPerAddress":5}}}""");
        _time.Advance(SettingsWatch.Interval);
        Assert.Equal(1, _changes);
        Assert.Equal("00:00:05", _configuration["Gateway:Frames:FrameTimeout"]);
        Assert.Equal(broken == "appsettings.json" ? "1000" : null, _configuration["Gateway:Frames:MaxContentBytes"]);
        Assert.Equal("5", _configuration["Gateway:Admission:MaxConnectionsPerAddress"]);

        // As a hangup does.
        ((IConfigurationRoot)_configuration).Reload();
        Assert.Equal("5", _configuration["Gateway:Admission:MaxConnectionsPerAddress"]);
    }

    [Fact]
    public async Task A_repaired_file_is_taken_in_with_a_log_line()
    {
        using var watch = await StartAsync();
        Write("appsettings.json", "{");
        _time.Advance(SettingsWatch.Interval);
        _time.Advance(SettingsWatch.Interval);
        Write("appsettings.json", """{"Gateway":{"Frames":{"MaxContentBytes":2000}}}""");
        _time.Advance(SettingsWatch.Interval);
        Assert.Equal("2000", _configuration["Gateway:Frames:MaxContentBytes"]);
        Assert.Equal(1, _changes);
        Assert.Equal(["ConfigurationRefused", "SettingsFileUsable"], _logger.Collector.GetSnapshot().Select(l => l.Id.Name));
    }

    [Fact]
    public async Task Two_changed_files_take_effect_as_one_change()
    {
        using var watch = await StartAsync();
        Write("appsettings.json", """{"Gateway":{"Frames":{"MaxContentBytes":2000}}}""");
        Write("appsettings.Production.json", """{"Gateway":{"Admission":{"MaxConnectionsPerAddress":6}}}""");
        _time.Advance(SettingsWatch.Interval);
        Assert.Equal(1, _changes);
        Assert.Equal("2000", _configuration["Gateway:Frames:MaxContentBytes"]);
        Assert.Equal("6", _configuration["Gateway:Admission:MaxConnectionsPerAddress"]);
    }

    [Fact]
    public async Task A_consumer_that_throws_is_logged_and_the_files_are_read_again()
    {
        using var watch = await StartAsync();
        using (((IConfiguration)_configuration).GetReloadToken().RegisterChangeCallback(_ => throw new InvalidOperationException("consumer"), null))
        {
            Write("appsettings.json", "{}");
            _time.Advance(SettingsWatch.Interval);
            Assert.Contains("consumer", Assert.Single(_logger.Collector.GetSnapshot()).Message, StringComparison.Ordinal);
        }

        Write("appsettings.json", """{"Gateway":{"Frames":{"MaxContentBytes":2000}}}""");
        _time.Advance(SettingsWatch.Interval);
        Assert.Equal("2000", _configuration["Gateway:Frames:MaxContentBytes"]);
    }

    private async Task<SettingsWatch> StartAsync()
    {
        var watch = new SettingsWatch(_configuration, _time, _logger);
        await watch.StartAsync(CancellationToken.None);
        return watch;
    }

    private void Write(string name, string? content)
    {
        if (content is null) File.Delete(Path.Combine(_folder, name));
        else File.WriteAllText(Path.Combine(_folder, name), content);
    }
}
