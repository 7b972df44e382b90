using HeartbeatGateway.Server.Options;

namespace HeartbeatGateway.Server.Tests.Options;

public sealed class GatewayOptionsValidatorTests
{
    [Fact]
    public void The_defaults_are_valid_except_for_the_missing_secret()
    {
        Assert.Contains("Gateway:Tokens:Keys:0:Secret is missing", Assert.Single(Validate(new GatewayOptions())), StringComparison.Ordinal);
        Assert.Empty(Validate(Valid()));
    }

    public static TheoryData<string, Action<GatewayOptions>> Faults => new()
    {
        { "Gateway:Heartbeat:ReaderIdle is -00:00:01", o => o.Heartbeat.ReaderIdle = TimeSpan.FromSeconds(-1) },
        { "Gateway:Heartbeat:ReaderIdle is 7.00:00:00, which is more than a day", o => o.Heartbeat.ReaderIdle = TimeSpan.FromDays(7) },
        { "Gateway:Heartbeat:AllIdle is 00:00:00.0001000", o => o.Heartbeat.AllIdle = TimeSpan.FromMicroseconds(100) },
        { "Gateway:Heartbeat:ShadowReaderIdle holds 5.00:00:00, but its items must be between 00:00:01 and a day", o => o.Heartbeat.ShadowReaderIdle.Add(TimeSpan.FromDays(5)) },
        { "Gateway:Tokens:MaxAge is 00:00:00", o => o.Tokens.MaxAge = TimeSpan.Zero },
        { "Gateway:Frames:MaxContentBytes is -1", o => o.Frames.MaxContentBytes = -1 },
        { "Gateway:Outbound:MaxPendingBytes is 10", o => o.Outbound.MaxPendingBytes = 10 },
        { "Gateway:Reconnects:MaxRemembered is 0", o => o.Reconnects.MaxRemembered = 0 },
        { "Gateway:Frames:TimeZone: 'Mars/Olympus' is neither", o => o.Frames.TimeZone = "Mars/Olympus" },
        { "Gateway:Frames:TimeZone: '+15:00' is no offset", o => o.Frames.TimeZone = "+15:00" },
        { "Gateway:Proxy:Header is 7, but must be Required or Optional", o => o.Proxy.Header = (ProxyHeaderDemand)7 },
        { "Gateway:Tokens:Scheme is 'hmac', but must be", o => o.Tokens.Scheme = "hmac" },
        { "Gateway:Tokens:Keys:0:Id is 'much-too-long'", o => o.Tokens.Keys[0].Id = "much-too-long" },
        { "Gateway:Tokens:Keys:0:Clients holds 'pump?'", o => o.Tokens.Keys[0].Clients.Add("pump?") },
        { "Gateway:Heartbeat:MinInterval is 00:02:00, but must not be above", o => o.Heartbeat.MinInterval = TimeSpan.FromMinutes(2) },
        { "Gateway:Heartbeat:MinTimeout is 00:00:00", o => o.Heartbeat.MinTimeout = TimeSpan.Zero },
        { "Gateway:Draining:MaxConnectionAge is 30.00:00:00, which is more than a day", o => o.Draining.MaxConnectionAge = TimeSpan.FromDays(30) },
        { "Gateway:Admission:PingsPerSecond is -1", o => o.Admission.PingsPerSecond = -1 },
        { "Gateway:Admission:PingStrikes is 0", o => o.Admission.PingStrikes = 0 },
        { "Gateway:Admission:MaxHeapBytes is -1", o => o.Admission.MaxHeapBytes = -1 },
        { "Gateway:Admission:MaxHeapPercent is 101", o => o.Admission.MaxHeapPercent = 101 },
        { "Gateway:Admission:Observe holds 'limit_descriptors', but its items must be names of limits that can be watched: limit_total, limit_memory", o => o.Admission.Observe.Add("limit_descriptors") },
        { "Gateway:Telemetry:ConnectionSpanRatio is 1.5, but must be between 0 and 1", o => o.Telemetry.ConnectionSpanRatio = 1.5 },
        { "Gateway:Telemetry:ConnectionSpanRatio is NaN, but must be between 0 and 1", o => o.Telemetry.ConnectionSpanRatio = double.NaN },
        { "Gateway:Tokens:Keys:0:Secret holds a secret of 5 bytes", o => o.Tokens.Keys[0].Secret = "short" },
        { "Gateway:Tokens:Keys:0:Secret is missing", o => o.Tokens.Keys[0].Secret = null },
        { "Gateway:Tokens:Keys:0 has both", o => o.Tokens.Keys[0].SecretFile = "file" },
        { "Gateway:Tokens:Keys: the id 'k1' stands 2 times", o => o.Tokens.Keys.Add(new() { Id = "k1", Secret = "another secret of tests" }) },
        { "Gateway:Tokens:Digest: the digest algorithm 'CRC'", o => o.Tokens.Digest.Algorithm = "CRC" },
        { "Gateway:Tokens:Digest: SHA256 as Hex has 64 characters", o => o.Tokens.Digest.Algorithm = "SHA256" },
        { "Gateway:Tokens:Digest: the recipe does not hold {secret}", o => o.Tokens.Digest.Recipe = "{content}" },
        { "Gateway:Tokens:Digest: the recipe's field", o => o.Tokens.Digest.Recipe = "{secret}{colour}" },
    };

    [Theory]
    [MemberData(nameof(Faults), DisableDiscoveryEnumeration = true)]
    public void Each_invalid_value_gives_one_sentence_that_starts_with_its_key(string sentence, Action<GatewayOptions> fault)
    {
        var options = Valid();
        fault(options);
        var error = Assert.Single(Validate(options));
        Assert.StartsWith(sentence, error, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error);
    }

    [Fact]
    public void Bound_keys_need_a_scheme_whose_tokens_contain_the_key_id()
    {
        var options = Valid();
        options.Tokens.Scheme = "digest";
        options.Tokens.Keys[0].Clients.Add("pump-*");
        Assert.StartsWith("Gateway:Tokens:Keys:0:Clients binds the key", Assert.Single(Validate(options)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_secret_is_read_from_a_file_without_its_last_newline()
    {
        var file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            File.WriteAllText(file, "sixteen-byte-key\n");
            var options = new GatewayOptions();
            options.Tokens.Keys.Add(new TokenKeyOptions { SecretFile = file });
            Assert.Empty(GatewayOptionsValidator.Validate(options, out var keyring));
            Assert.Equal(16, Assert.Single(keyring!.Secrets).Length);
            Assert.Equal("k1", keyring.Secrets[0].Id);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void The_error_names_a_secret_file_that_does_not_exist()
    {
        var options = new GatewayOptions();
        options.Tokens.Keys.Add(new TokenKeyOptions { SecretFile = "/nowhere/secret" });
        Assert.StartsWith("Gateway:Tokens:Keys:0:SecretFile '/nowhere/secret' cannot be read", Assert.Single(Validate(options)), StringComparison.Ordinal);
    }

    [Fact]
    public void The_error_does_not_repeat_a_value_that_may_be_a_secret_in_the_wrong_place()
    {
        const string secret = "correct-horse-battery-staple";
        var file = new GatewayOptions();
        file.Tokens.Keys.Add(new TokenKeyOptions { SecretFile = secret });
        var id = Valid();
        id.Tokens.Keys[0].Id = secret;
        foreach (var options in new[] { file, id })
        {
            var error = Assert.Single(Validate(options));
            Assert.StartsWith("Gateway:Tokens:Keys:0:", error, StringComparison.Ordinal);
            Assert.DoesNotContain(secret, error, StringComparison.Ordinal);
        }
    }

    private static GatewayOptions Valid()
    {
        var options = new GatewayOptions();
        options.Tokens.Keys.Add(new TokenKeyOptions { Id = "k1", Secret = "sixteen-byte-key" });
        return options;
    }

    private static IReadOnlyList<string> Validate(GatewayOptions options) => GatewayOptionsValidator.Validate(options, out _);
}
