using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using HeartbeatGateway.EndToEnd.Tests;
using k8s.Models;

namespace HeartbeatGateway.Deploy.Tests.Helm;

/// <summary>A cluster on Redis in the chart: the Secret with its configuration, the names of the nodes, where the pods run, and how long they may take to stop.</summary>
public sealed class ClusterTests
{
    private const string File = "/etc/heartbeatgateway/redis/configuration";

    [Fact]
    public async Task The_configuration_of_redis_is_a_file_from_a_secret_and_not_in_the_settings()
    {
        var manifest = await HelmChart.RenderAsync("cluster");
        var redis = JsonDocument.Parse(manifest.Settings).RootElement.GetProperty("Gateway").GetProperty("Redis");
        Assert.Equal((File, "devices", 20_000), (redis.GetProperty("ConfigurationFile").GetString(), redis.GetProperty("Prefix").GetString(), redis.GetProperty("MaxEvents").GetInt32()));
        Assert.DoesNotContain("password", manifest.Settings, StringComparison.Ordinal);
        var secret = manifest.Single<V1Secret>();
        Assert.Equal("redis-0.redis:6379,redis-1.redis:6379,user=gateway,password=a-password-of-the-cluster,ssl=true", Encoding.UTF8.GetString(secret.Data["configuration"]));
        Assert.Equal("configuration redis/configuration", MountedFrom(manifest, secret.Metadata.Name));
    }

    [Fact]
    public async Task An_existing_secret_is_mounted_from_its_entry()
    {
        var manifest = await HelmChart.RenderAsync("full");
        Assert.Equal(File, JsonDocument.Parse(manifest.Settings).RootElement.GetProperty("Gateway").GetProperty("Redis").GetProperty("ConfigurationFile").GetString());
        Assert.Equal("servers redis/configuration", MountedFrom(manifest, "gateway-redis"));
        Assert.False(manifest.Has<V1Secret>());
    }

    [Fact]
    public async Task Certificates_for_redis_are_files_that_the_settings_name()
    {
        var manifest = await HelmChart.RenderAsync("full");
        var redis = JsonDocument.Parse(manifest.Settings).RootElement.GetProperty("Gateway").GetProperty("Redis");
        const string Folder = "/etc/heartbeatgateway/redis";
        Assert.Equal(
            [$"{Folder}-roots/ca.crt", $"{Folder}-client/tls.crt", $"{Folder}-client/tls.key"],
            new[] { "TrustedRootsFile", "ClientCertificateFile", "ClientKeyFile" }.Select(name => redis.GetProperty(name).GetString()));
        var sources = manifest.Pod.Volumes.Single(v => v.Name == "settings").Projected.Sources;
        Assert.Equal(["ca.crt redis-roots/ca.crt"], ItemsOf("redis-authority"));
        Assert.Equal(["tls.crt redis-client/tls.crt", "tls.key redis-client/tls.key"], ItemsOf("gateway-redis-client"));

        IEnumerable<string> ItemsOf(string secret) => Assert.Single(sources, s => s.Secret?.Name == secret).Secret.Items.Select(i => $"{i.Key} {i.Path}");
    }

    [Fact]
    public async Task A_node_has_the_name_of_its_pod_beside_other_variables()
    {
        var manifest = await HelmChart.RenderAsync("full");
        Assert.Equal("metadata.name", Assert.Single(manifest.Container.Env, e => e.Name == "Gateway__Redis__NodeName").ValueFrom.FieldRef.FieldPath);
        Assert.Contains(manifest.Container.Env, e => e.Name == "OTEL_EXPORTER_OTLP_ENDPOINT");
    }

    [Fact]
    public async Task Without_redis_there_is_one_pod_without_settings_of_a_cluster()
    {
        var manifest = await HelmChart.RenderAsync("minimal");
        Assert.Equal(1, manifest.Deployment.Spec.Replicas);
        Assert.False(JsonDocument.Parse(manifest.Settings).RootElement.GetProperty("Gateway").TryGetProperty("Redis", out _));
        // Independent gateways are an explicit choice.
        Assert.Equal(2, (await HelmChart.RenderAsync("minimal", "--set", "replicaCount=2", "--set", "allowIndependentReplicas=true")).Deployment.Spec.Replicas);
    }

    [Fact]
    public async Task Pods_prefer_or_require_different_hosts()
    {
        var manifest = await HelmChart.RenderAsync("minimal");
        var preferred = Assert.Single(manifest.Pod.Affinity.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution).PodAffinityTerm;
        AssertSelectsOwnPods(manifest, preferred);
        manifest = await HelmChart.RenderAsync("cluster");
        AssertSelectsOwnPods(manifest, Assert.Single(manifest.Pod.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution));
        // The affinity of the values is kept, and an anti-affinity in it replaces the chart's.
        manifest = await HelmChart.RenderAsync("full");
        Assert.NotNull(manifest.Pod.Affinity.NodeAffinity);
        Assert.NotNull(manifest.Pod.Affinity.PodAntiAffinity);
        Assert.Null((await HelmChart.RenderAsync("minimal", "--set", "podAntiAffinity=")).Pod.Affinity);
        var own = (await HelmChart.RenderAsync("minimal", "--set-json", """affinity={"podAntiAffinity":{}}""")).Pod.Affinity.PodAntiAffinity;
        Assert.Null(own.PreferredDuringSchedulingIgnoredDuringExecution);
    }

    [Theory]
    [InlineData("minimal")]
    [InlineData("cluster")]
    [InlineData("full")]
    public async Task The_grace_period_exceeds_the_drain_and_the_shutdown_of_the_program(string set)
    {
        // The program gives itself its drain and this time, in which it also leaves the cluster.
        var source = await System.IO.File.ReadAllTextAsync(Path.Combine(Repository.Root, "src/HeartbeatGateway/GatewayLifetime.cs"), TestContext.Current.CancellationToken);
        var shutdown = Regex.Match(source, @"AfterDraining = TimeSpan\.FromSeconds\((?<seconds>\d+)\)", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)).Groups["seconds"].Value;
        var manifest = await HelmChart.RenderAsync(set);
        var drain = TimeSpan.Parse(JsonDocument.Parse(manifest.Settings).RootElement.GetProperty("Gateway").GetProperty("Draining").GetProperty("Duration").GetString()!, CultureInfo.InvariantCulture);
        var stop = manifest.Container.Lifecycle.PreStop.Sleep.Seconds + drain.TotalSeconds + int.Parse(shutdown, CultureInfo.InvariantCulture);
        Assert.True(manifest.Pod.TerminationGracePeriodSeconds > stop, $"The grace period is {manifest.Pod.TerminationGracePeriodSeconds} s, but a stop may take {stop} s.");
        // The next pod stops when the one before has drained: two never drain at a time.
        Assert.True(manifest.Deployment.Spec.MinReadySeconds > drain.TotalSeconds);
        Assert.Equal("1", manifest.Single<V1PodDisruptionBudget>().Spec.MaxUnavailable.Value);
    }

    private static void AssertSelectsOwnPods(Manifest manifest, V1PodAffinityTerm term)
    {
        Assert.Equal("kubernetes.io/hostname", term.TopologyKey);
        Assert.NotEmpty(term.LabelSelector.MatchLabels);
        Assert.All(term.LabelSelector.MatchLabels, l => Assert.Equal(l.Value, manifest.Deployment.Spec.Template.Metadata.Labels[l.Key]));
    }

    private static string MountedFrom(Manifest manifest, string secret)
    {
        var sources = manifest.Pod.Volumes.Single(v => v.Name == "settings").Projected.Sources;
        var item = Assert.Single(Assert.Single(sources, s => string.Equals(s.Secret?.Name, secret, StringComparison.Ordinal)).Secret.Items);
        return $"{item.Key} {item.Path}";
    }
}
