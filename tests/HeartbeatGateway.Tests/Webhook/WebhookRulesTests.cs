using HeartbeatGateway.Configuration;
using HeartbeatGateway.Webhook;

namespace HeartbeatGateway.Tests.Webhook;

/// <summary>Each wrong setting is named, without a credential.</summary>
public sealed class WebhookRulesTests
{
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    public static TheoryData<string, string> Urls => new()
    {
        { "ftp://receiver.example/", "Gateway:Webhook:Url is no URL that begins with https:// or http://" },
        { "receiver.example/?key=canary", "Gateway:Webhook:Url is no URL" },
        { "https://canary:canary@receiver.example/", "Gateway:Webhook:Url holds user info" },
        { "https://receiver.example/#canary", "Gateway:Webhook:Url holds a fragment" },
        { "https://receiver.example/" + new string('x', 3000), "Gateway:Webhook:Url has 3025 characters" },
    };

    public static TheoryData<string, string> Secrets => new()
    {
        { "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "does not begin with whsec_" },
        { "whsec_canary*", "is not base64 after whsec_" },
        { "whsec_Y2FuYXJ5", "has 6 bytes after whsec_, but must have 24 to 64" },
        { "", "is missing" },
    };

    [Theory]
    [MemberData(nameof(Urls))]
    public void A_url_that_cannot_be_used_is_named_and_not_repeated(string url, string expected)
    {
        var fault = Assert.Single(Faults(o => o.Url = url));
        Assert.StartsWith(expected, fault, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", fault, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Secrets))]
    public void A_secret_that_cannot_be_used_is_named_and_not_repeated(string secret, string expected)
    {
        var fault = Assert.Single(Faults(o => o.Secrets[0].Secret = secret));
        Assert.StartsWith($"Gateway:Webhook:Secrets:0:Secret {expected}", fault, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_out_of_range_are_reported_together()
    {
        var faults = Faults(o =>
        {
            (o.MaxBatchEvents, o.MaxBatchBytes, o.Lanes, o.MaxWaitingMessages, o.MaxWaitingBytes, o.MaxDeadLetterBytes, o.MaxResponseBytes) = (0, 1, 257, 0, 1, 1, -1);
            (o.Timeout, o.MaxAge) = (TimeSpan.Zero, TimeSpan.FromDays(2));
        }).ToList();
        Assert.Equal(9, faults.Count);
        Assert.Contains("Gateway:Webhook:Lanes is 257, but must be between 1 and 256.", faults);
        Assert.Contains("Gateway:Webhook:MaxAge is 2.00:00:00, but must be between 00:00:01 and 1.00:00:00.", faults);
    }

    [Fact]
    public void Files_belong_together_and_must_be_readable()
    {
        Assert.Contains(Faults(o => o.ClientKeyFile = "/no/key"), f => f.StartsWith("Gateway:Webhook:ClientCertificateFile and Gateway:Webhook:ClientKeyFile belong together", StringComparison.Ordinal));
        Assert.StartsWith("Gateway:Webhook:TrustedRootsFile '/no/roots' cannot be read", Assert.Single(Faults(o => o.TrustedRootsFile = "/no/roots")), StringComparison.Ordinal);
        Assert.StartsWith("Gateway:Webhook:Secrets:0:SecretFile /no/secret cannot be read", Assert.Single(Faults(o => o.Secrets[0] = new WebhookSecretOptions { SecretFile = "/no/secret" })), StringComparison.Ordinal);
        Assert.StartsWith("Gateway:Webhook:Secrets has 3 entries", Assert.Single(Faults(o => o.Secrets = [.. Enumerable.Repeat(o.Secrets[0], 3)])), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_url_nothing_is_demanded_unless_messages_go_there()
    {
        Assert.Empty(WebhookRules.FindFaults(new WebhookOptions(), isSink: false));
        Assert.StartsWith("Gateway:Webhook:Url is missing: Gateway:Messages:Sinks", Assert.Single(WebhookRules.FindFaults(new WebhookOptions(), isSink: true)), StringComparison.Ordinal);
    }

    [Fact]
    public void Plain_http_is_warned_of()
    {
        Assert.Single(WebhookRules.Warnings(new WebhookOptions { Url = "http://receiver.example/" }, isDevelopment: false));
        Assert.Empty(WebhookRules.Warnings(new WebhookOptions { Url = "https://receiver.example/" }, isDevelopment: false));
    }

    private static IEnumerable<string> Faults(Action<WebhookOptions> change)
    {
        var options = new WebhookOptions { Url = "https://receiver.example/hook", Secrets = { new WebhookSecretOptions { Secret = Secret } } };
        change(options);
        return WebhookRules.FindFaults(options, isSink: true);
    }
}
