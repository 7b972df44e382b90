using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server.Options;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Tests.Configuration;

public sealed class GatewayConfigurationTests
{
    [Theory]
    [InlineData("Heartbeat:ReaderIdel", "00:00:07", "Gateway:Heartbeat:ReaderIdel is not a known setting; did you mean Gateway:Heartbeat:ReaderIdle?")]
    [InlineData("Hartbeat:ReaderIdle", "00:00:07", "Gateway:Hartbeat is not a known setting; did you mean Gateway:Heartbeat?")]
    [InlineData("Colour", "red", "Gateway:Colour is not a known setting; Gateway has the settings ")]
    [InlineData("Heartbeat:ReaderIdle", "seven", "Gateway:Heartbeat:ReaderIdle is 'seven', but must be a duration written hh:mm:ss.")]
    [InlineData("Heartbeat:ReaderIdle", "", "Gateway:Heartbeat:ReaderIdle is '', but must be a duration written hh:mm:ss.")]
    [InlineData("Heartbeat:ReaderIdle", "7", "Gateway:Heartbeat:ReaderIdle is 7.00:00:00, which is more than a day: durations are written hh:mm:ss, and a bare number means days.")]
    [InlineData("Heartbeat:ReaderIdle:Seconds", "7", "Gateway:Heartbeat:ReaderIdle holds settings of its own, but must be a single value.")]
    [InlineData("Frames:MaxContentBytes", "64k", "Gateway:Frames:MaxContentBytes is '64k', but must be a whole number.")]
    [InlineData("Frames:Resync", "Maybe", "Gateway:Frames:Resync is 'Maybe', but must be Strict or Scan.")]
    [InlineData("Frames:Resync", "7", "Gateway:Frames:Resync is '7', but must be Strict or Scan.")]
    [InlineData("Tcp:InlineScheduling", "perhaps", "Gateway:Tcp:InlineScheduling is 'perhaps', but must be true or false.")]
    [InlineData("Tcp:Endpoint", "8081", "Gateway:Tcp:Endpoint is '8081', but must be an address and a port")]
    [InlineData("Http:MaxConnectionsPerAddress", "-1", "Gateway:Http:MaxConnectionsPerAddress is -1, but must be 0 (no limit) or more.")]
    [InlineData("Http:RequestHeadersTimeout", "00:00:00", "Gateway:Http:RequestHeadersTimeout is 00:00:00, but must be between 00:00:01 and 1.00:00:00.")]
    [InlineData("Http:KeepAliveTimeout", "30", "Gateway:Http:KeepAliveTimeout is 30.00:00:00, but must be between 00:00:01 and 1.00:00:00.")]
    [InlineData("Tcp:Backlog", "0", "Gateway:Tcp:Backlog is 0, but must be at least 1.")]
    [InlineData("Messages:LogContent", "Some", "Gateway:Messages:LogContent is 'Some', but must be Full or Length or None.")]
    [InlineData("Logging:Burst", "0", "Gateway:Logging:Burst is 0, but must be between 1 and 1000000.")]
    [InlineData("Logging:AddressLinesPerSecond", "0", "Gateway:Logging:AddressLinesPerSecond is 0, but must be between 1 and 100000.")]
    [InlineData("Logging:Levels:bad_lenght", "Debug", "Gateway:Logging:Levels:bad_lenght is no close reason; the close reasons are peer_closed, ")]
    [InlineData("Logging:Levels:bad_length", "Loud", "Gateway:Logging:Levels:bad_length is 'Loud', but must be Trace or Debug or ")]
    [InlineData("Logging:Levels:bad_length", "9", "Gateway:Logging:Levels:bad_length is '9', but must be Trace or Debug or ")]
    [InlineData("Logging:Levels:bad_length:x", "Debug", "Gateway:Logging:Levels:bad_length holds settings of its own, but must be a single value.")]
    [InlineData("Logging:Levels", "Debug", "Gateway:Logging:Levels is a single value, but must hold settings of its own")]
    [InlineData("Tokens:Keys:first:Secret", "x", "Gateway:Tokens:Keys:first is not understood: Gateway:Tokens:Keys is a list, and its keys are numbers from 0.")]
    [InlineData("Tokens:Keys:0:Secrets", "x", "Gateway:Tokens:Keys:0:Secrets is not a known setting; did you mean Gateway:Tokens:Keys:0:Secret?")]
    [InlineData("Admin:RequestsPerSecond", "-1", "Gateway:Admin:RequestsPerSecond is -1, but must be between 0 (off) and 100000.")]
    [InlineData("Admin:Keys:0:Id", "board", "Gateway:Admin:Keys:0:Key is missing: give a key there or, as a file, in Gateway:Admin:Keys:0:KeyFile.")]
    [InlineData("Admin:Keys:0:Key", "short", "Gateway:Admin:Keys:0:Key holds a key of 5 bytes, but must hold at least 16.")]
    [InlineData("Admin:Keys:0:Key", "a key with several blanks", "Gateway:Admin:Keys:0:Key holds a key that no HTTP header can carry")]
    [InlineData("Admin:Keys:0:Key", "ein-schlüssel-mit-umlaut", "Gateway:Admin:Keys:0:Key holds a key that no HTTP header can carry")]
    [InlineData("Admin:Keys:0:KeyFile", "/nowhere/key", "Gateway:Admin:Keys:0:KeyFile cannot be read: ")]
    [InlineData("Admin:Keys:0:Scope", "Write", "Gateway:Admin:Keys:0:Scope is 'Write', but must be Read or Send or Admin.")]
    [InlineData("Admin:Keys:0:ExpiresAt", "never", "Gateway:Admin:Keys:0:ExpiresAt is 'never', but must be ")]
    [InlineData("Admin:Keys:0", "a-key-under-an-incomplete-name", "Gateway:Admin:Keys:0 is a single value, but must hold settings of its own: Id, Key, KeyFile, Scope, ExpiresAt.")]
    public void An_error_is_one_sentence_that_starts_with_its_key(string key, string value, string sentence)
    {
        var e = Assert.Throws<GatewayOptionsException>(() => Read(isDevelopment: true, ($"Gateway:{key}", value)));
        Assert.StartsWith(sentence, Assert.Single(e.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_of_the_API_must_differ_in_id_and_key()
    {
        const string Key = "a-key-of-the-api-that-two-share";
        var e = Assert.Throws<GatewayOptionsException>(() => Read(
            isDevelopment: true,
            ("Gateway:Admin:Keys:0:Id", "board"), ("Gateway:Admin:Keys:0:Key", Key), ("Gateway:Admin:Keys:1:Id", "board"), ("Gateway:Admin:Keys:1:Key", Key)));
        Assert.Equal(["Gateway:Admin:Keys: the id 'board' stands 2 times, but must be unique.", "Gateway:Admin:Keys: 'board' and 'board' have the same key, but each needs its own."], e.Errors);
    }

    [Theory]
    [InlineData("Frames:TimeZone", "Gateway:Frames:TimeZone is null, but must be a text.")]
    [InlineData("Heartbeat:ReaderIdle", "Gateway:Heartbeat:ReaderIdle is null, but must be a duration written hh:mm:ss.")]
    [InlineData("Tcp:Endpoint", "Gateway:Tcp:Endpoint is null, but must be a text.")]
    [InlineData("Tokens:Keys:0:Clients:0", "Gateway:Tokens:Keys:0:Clients:0 is null, but must be a text.")]
    public void A_json_null_where_a_value_is_required_is_an_error(string key, string sentence)
    {
        var e = Assert.Throws<GatewayOptionsException>(() => Read(isDevelopment: true, ($"Gateway:{key}", null)));
        Assert.Equal(sentence, Assert.Single(e.Errors));
    }

    [Fact]
    public void A_json_null_for_an_optional_value_is_the_default() =>
        Assert.Null(Read(isDevelopment: true, ("Gateway:Admission:HandshakeTimeout", null)).Admission.HandshakeTimeout);

    [Theory]
    [InlineData("Gateway:Tokens:Keys:0")]
    [InlineData("Gateway:Tokens:Keys")]
    [InlineData("Gateway:Tokens")]
    public void A_secret_under_an_incomplete_key_is_an_error_that_does_not_repeat_it(string key)
    {
        var e = Assert.Throws<GatewayOptionsException>(() => Read(isDevelopment: true, (key, "the secret itself")));
        Assert.StartsWith($"{key} is a single value", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("the secret itself", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_log_level_is_an_error()
    {
        var e = Assert.Throws<GatewayOptionsException>(() => Read(isDevelopment: true, ("Serilog:MinimumLevel:Default", "Loud")));
        Assert.Throws<GatewayOptionsException>(() => Read(isDevelopment: true, ("Serilog:MinimumLevel:Default", "99")));
        Assert.StartsWith("Serilog:MinimumLevel:Default is 'Loud', but must be Verbose", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Outside_development_a_missing_secret_is_an_error_that_names_its_key()
    {
        var e = Assert.Throws<GatewayOptionsException>(() => Read(isDevelopment: false));
        Assert.Contains("Gateway:Tokens:Keys:0:Secret is missing", e.Message, StringComparison.Ordinal);
        Assert.Contains("Gateway__Tokens__Keys__0__Secret", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void In_development_the_default_secret_is_used_with_a_warning()
    {
        var options = Read(isDevelopment: true);
        Assert.Equal(GatewayConfiguration.DevelopmentSecret, Assert.Single(options.Tokens.Keys).Secret);
        Assert.Contains("Gateway__Tokens__Keys__0__Secret", Assert.Single(GatewayConfiguration.Warnings(options, isDevelopment: true)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("none", 1)]
    [InlineData("digest", 1)]
    [InlineData("hmac-sha256", 0)]
    public void Outside_development_weak_schemes_cause_a_warning(string scheme, int warnings)
    {
        var options = Read(isDevelopment: false, ("Gateway:Tokens:Scheme", scheme), ("Gateway:Tokens:Keys:0:Secret", "a secret of sixteen"));
        Assert.Equal(warnings, GatewayConfiguration.Warnings(options, isDevelopment: false).Count());
    }

    [Fact]
    public void Setting_names_that_external_scripts_use_are_read()
    {
        var options = Read(
            isDevelopment: false,
            ("Gateway:Tcp:Endpoint", "[::1]:9"),
            ("Gateway:Tokens:Scheme", "digest"),
            ("Gateway:Tokens:Keys:0:Id", "k7"),
            ("Gateway:Tokens:Keys:0:Secret", "short"),
            ("Gateway:Heartbeat:ReaderIdle", "00:00:09"),
            ("Gateway:Heartbeat:WriterIdle", "00:00:03"),
            ("Gateway:Heartbeat:AllIdle", "00:00:11"),
            ("Gateway:Frames:MaxContentBytes", "1000"),
            ("Gateway:Frames:MaxFirstContentBytes", "100"),
            ("Gateway:Frames:FrameTimeout", "00:00:04"),
            ("Gateway:Frames:Resync", "Scan"),
            ("Gateway:Frames:TimeZone", "+08:00"),
            ("Gateway:Reconnects:Window", "00:01:00"),
            ("Gateway:Outbound:MaxPendingBytes", "10000"),
            ("Gateway:Outbound:WriteTimeout", "00:00:05"),
            ("Gateway:Draining:Duration", "00:00:02"),
            ("Gateway:Admission:MaxConnections", "5"),
            ("Gateway:Admission:MaxConnectionsPerAddress", "4"),
            ("Gateway:Admission:AcceptsPerSecond", "3"),
            ("Gateway:Admission:HandshakeTimeout", "00:00:02"));
        Assert.Equal(TimeSpan.FromSeconds(9), options.Heartbeat.ReaderIdle);
        Assert.Equal("k7", options.Tokens.Keys[0].Id);
        Assert.Equal(5, options.Admission.MaxConnections);
        Assert.Equal(TimeSpan.FromSeconds(2), options.Admission.HandshakeTimeout);
    }

    [Fact]
    public void Every_setting_is_documented()
    {
        var document = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "configuration.md"));
        Assert.All(Settings("Gateway", typeof(ServiceOptions)), key => Assert.Contains($"`{key.Replace(":", "__", StringComparison.Ordinal)}`", document, StringComparison.Ordinal));

        static IEnumerable<string> Settings(string path, Type type) => type.GetProperties().Where(p => p.CanWrite).SelectMany(p =>
            p.PropertyType.IsGenericType && p.PropertyType.GetGenericTypeDefinition() == typeof(IList<>) ? Settings($"{path}:{p.Name}:0", p.PropertyType.GetGenericArguments()[0])
            : p.PropertyType.IsClass && p.PropertyType != typeof(string) ? Settings($"{path}:{p.Name}", p.PropertyType)
            : [$"{path}:{p.Name}"]);
    }

    [Fact]
    public void Log_settings_are_read()
    {
        var options = Read(
            isDevelopment: true, ("Gateway:Logging:Levels:draining", "Debug"), ("Gateway:Logging:Levels:BAD_LENGTH", "none"), ("Gateway:Messages:LogContent", "length"),
            ("Gateway:Logging:AddressBurst", "10"));
        Assert.Equal(LogLevel.Debug, options.Logging.Levels["draining"]);
        Assert.Equal(2, options.Logging.Levels.Count);
        Assert.Equal((MessageLogContent.Length, 10), (options.Messages.LogContent, options.Logging.AddressBurst));
    }

    [Theory]
    [InlineData(true, null, true)]
    [InlineData(false, null, false)]
    [InlineData(true, "false", false)]
    [InlineData(false, "true", true)]
    public void Notices_about_hellos_are_on_in_development_and_can_be_set(bool isDevelopment, string? value, bool isOn)
    {
        var options = Read(isDevelopment, ("Gateway:Tokens:Keys:0:Secret", "a secret of sixteen"), ("Gateway:Frames:HelloNotices", value));
        Assert.Equal(isOn, options.Frames.HelloNotices);
    }

    private static ServiceOptions Read(bool isDevelopment, params (string Key, string? Value)[] settings) => GatewayConfiguration.Read(
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, s.Value))).Build(), isDevelopment);
}
