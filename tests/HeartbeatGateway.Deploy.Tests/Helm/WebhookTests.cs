using System.Text.Json;

namespace HeartbeatGateway.Deploy.Tests.Helm;

/// <summary>The webhook in the chart: Secrets, mounted beside the settings, and the settings that name their files.</summary>
public sealed class WebhookTests
{
    [Fact]
    public async Task Secrets_and_certificates_are_files_that_the_settings_name()
    {
        var chart = await HelmChart.RenderAsync("full");
        var webhook = JsonDocument.Parse(chart.Settings).RootElement.GetProperty("Gateway").GetProperty("Webhook");
        Assert.Equal("https://events.example/gateway", webhook.GetProperty("Url").GetString());
        const string Folder = "/etc/heartbeatgateway/webhook";
        Assert.Equal([$"{Folder}/old", $"{Folder}/new"], webhook.GetProperty("Secrets").EnumerateArray().Select(s => s.GetProperty("SecretFile").GetString()));
        Assert.Equal(
            [$"{Folder}-client/tls.crt", $"{Folder}-client/tls.key", $"{Folder}-roots/ca.crt"],
            new[] { "ClientCertificateFile", "ClientKeyFile", "TrustedRootsFile" }.Select(name => webhook.GetProperty(name).GetString()));
        var sources = chart.Pod.Volumes.Single(v => v.Name == "settings").Projected.Sources;
        Assert.Equal(["old webhook/old", "new webhook/new"], ItemsOf("gateway-webhook"));
        Assert.Equal(["tls.crt webhook-client/tls.crt", "tls.key webhook-client/tls.key"], ItemsOf("gateway-webhook-client"));
        Assert.Equal(["ca.crt webhook-roots/ca.crt"], ItemsOf("receiver-authority"));

        IEnumerable<string> ItemsOf(string secret) => Assert.Single(sources, s => s.Secret?.Name == secret).Secret.Items.Select(i => $"{i.Key} {i.Path}");
    }

    [Fact]
    public async Task Without_a_url_the_settings_have_no_webhook()
    {
        var chart = await HelmChart.RenderAsync("minimal");
        Assert.False(JsonDocument.Parse(chart.Settings).RootElement.GetProperty("Gateway").TryGetProperty("Webhook", out _));
    }
}
