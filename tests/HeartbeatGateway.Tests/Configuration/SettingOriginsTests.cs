using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server.Options;
using Microsoft.Extensions.Configuration;

namespace HeartbeatGateway.Tests.Configuration;

/// <summary>Errors say which file and line, variable or argument to correct.</summary>
public sealed class SettingOriginsTests : IDisposable
{
    private const string Json = """
        {
          // Comments and trailing commas are allowed.
          "Gateway": {
            "Frames": { "Resync": "Strict",
              "TimeZone": "nowhere" },
            "Tokens": {
              "Keys": [
                { "Id": "a", "Secret": "a secret of sixteen bytes" },
                { "Id": "much-too-long", "Secret": "a secret of sixteen bytes" },
              ]
            },
            "Colour": "red"
          }
        }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("heartbeatgateway-origins-").FullName;

    private string FilePath => Path.Combine(_folder, "appsettings.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("Gateway", 3)]
    [InlineData("gateway:frames:resync", 4)]
    [InlineData("Gateway:Frames:TimeZone", 5)]
    [InlineData("Gateway:Tokens:Keys:0", 8)]
    [InlineData("Gateway:Tokens:Keys:1:Id", 9)]
    [InlineData("Gateway:Colour", 12)]
    [InlineData("Gateway:Absent", null)]
    public void The_line_of_a_setting_is_found(string key, int? line)
    {
        foreach (var start in new[] { "", "\uFEFF" })
        {
            File.WriteAllText(FilePath, start + Json);
            Assert.Equal(line, JsonSettingLines.Find(FilePath, key));
        }
    }

    [Fact]
    public void A_file_that_cannot_be_parsed_or_read_has_no_lines()
    {
        File.WriteAllText(FilePath, "{ \"Gateway\": ");
        Assert.Null(JsonSettingLines.Find(FilePath, "Gateway:Colour"));
        Assert.Null(JsonSettingLines.Find(_folder, "Gateway"));
        Assert.Null(JsonSettingLines.Find(Path.Combine(_folder, "absent.json"), "Gateway"));
    }

    [Theory]
    [InlineData("{\n  \"Gateway\": { \"Colour\": 1 },\n  \"GATEWAY\": {\n    \"colour\": 2 } }", "A duplicate key 'GATEWAY:colour' was found in line 4.")]
    [InlineData("{\n  \"Secret\": nuclear-secret }", ": a text is an invalid JSON literal")]
    [InlineData("{\n  \"Secret\": secret }", "is not valid JSON: line 2, byte 13: 's' is an invalid start of a value")]
    public void A_file_that_cannot_be_parsed_is_reported_with_its_line_and_without_its_values(string json, string sentence)
    {
        File.WriteAllText(FilePath, json);
        var e = Assert.Throws<GatewayOptionsException>(new SettingsFile(FilePath).Load);
        Assert.Contains(sentence, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Errors_name_the_file_and_the_line()
    {
        File.WriteAllText(FilePath, Json);
        var e = Refused(new ConfigurationBuilder().Add(new SettingsFile(FilePath)));
        Assert.EndsWith($"It is set in {FilePath}, line 12.", Assert.Single(e.Errors), StringComparison.Ordinal);

        File.WriteAllText(FilePath, Json.Replace("\"Colour\": \"red\"", "", StringComparison.Ordinal));
        e = Refused(new ConfigurationBuilder().Add(new SettingsFile(FilePath)));
        Assert.Contains(e.Errors, error => error.StartsWith("Gateway:Frames:TimeZone", StringComparison.Ordinal) && error.EndsWith($"It is set in {FilePath}, line 5.", StringComparison.Ordinal));
        Assert.Contains(e.Errors, error => error.StartsWith("Gateway:Tokens:Keys:1:Id", StringComparison.Ordinal) && error.EndsWith($"It is set in {FilePath}, line 9.", StringComparison.Ordinal));
    }

    [Fact]
    public void Errors_name_the_source_that_takes_precedence()
    {
        File.WriteAllText(FilePath, """{ "Gateway": { "Frames": { "Resync": "Strict" } } }""");
        const string Variable = "Gateway__Frames__Resync";
        Environment.SetEnvironmentVariable($"HBGTEST_{Variable}", "Loose");
        try
        {
            var sources = new ConfigurationBuilder().Add(new SettingsFile(FilePath)).AddEnvironmentVariables("HBGTEST_");
            Assert.EndsWith($"It is set by the environment variable {Variable}.", Assert.Single(Refused(sources).Errors), StringComparison.Ordinal);
            Assert.EndsWith("It is set on the command line.", Assert.Single(Refused(sources.AddCommandLine(["--Gateway:Frames:Resync=Looser"])).Errors), StringComparison.Ordinal);
            // The framework's host passes its sources on in one that wraps them.
            var wrapped = new ConfigurationBuilder().AddConfiguration(sources.Build());
            Assert.EndsWith("It is set on the command line.", Assert.Single(Refused(wrapped).Errors), StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable($"HBGTEST_{Variable}", null);
        }
    }

    [Fact]
    public void A_setting_that_is_missing_has_no_source()
    {
        var e = Assert.Throws<GatewayOptionsException>(() => GatewayConfiguration.Read(new ConfigurationBuilder().Build(), isDevelopment: false));
        Assert.DoesNotContain("It is set", e.Message, StringComparison.Ordinal);
    }

    private static GatewayOptionsException Refused(IConfigurationBuilder sources) =>
        Assert.Throws<GatewayOptionsException>(() => GatewayConfiguration.Read(sources.Build(), isDevelopment: true));
}
