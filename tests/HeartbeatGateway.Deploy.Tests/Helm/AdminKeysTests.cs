using System.Text.Json;

namespace HeartbeatGateway.Deploy.Tests.Helm;

/// <summary>The keys of the HTTP API in the chart: a Secret, mounted beside the settings, and the settings that name its files.</summary>
public sealed class AdminKeysTests
{
    [Fact]
    public async Task Each_key_is_a_file_that_the_settings_name()
    {
        var chart = await HelmChart.RenderAsync(
            "minimal", "--set", "admin.existingSecret=gateway-admin", "--set", "admin.keys[0].id=operator", "--set", "admin.keys[0].scope=Admin", "--set", "admin.keys[0].entry=first",
            "--set", "admin.keys[1].id=board", "--set-string", "admin.keys[1].expiresAt=2027-01-01T00:00:00Z", "--set", "gateway.Admin.RequestsPerSecond=10");
        var admin = JsonDocument.Parse(chart.Settings).RootElement.GetProperty("Gateway").GetProperty("Admin");
        Assert.Equal(10, admin.GetProperty("RequestsPerSecond").GetInt32());
        Assert.Equal(
            ["operator Admin /etc/heartbeatgateway/admin/operator", "board Read /etc/heartbeatgateway/admin/board"],
            admin.GetProperty("Keys").EnumerateArray().Select(k => $"{k.GetProperty("Id")} {k.GetProperty("Scope")} {k.GetProperty("KeyFile")}"));
        Assert.Equal("2027-01-01T00:00:00Z", admin.GetProperty("Keys")[1].GetProperty("ExpiresAt").GetString());
        var sources = chart.Pod.Volumes.Single(v => v.Name == "settings").Projected.Sources;
        var secret = Assert.Single(sources, s => s.Secret?.Name == "gateway-admin").Secret;
        Assert.Equal(["first admin/operator", "board admin/board"], secret.Items.Select(i => $"{i.Key} {i.Path}"));
    }

    [Fact]
    public async Task Without_keys_the_settings_have_none()
    {
        var chart = await HelmChart.RenderAsync("minimal");
        Assert.False(JsonDocument.Parse(chart.Settings).RootElement.GetProperty("Gateway").TryGetProperty("Admin", out _));
    }
}
