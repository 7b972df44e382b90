using System.Text.Json;
using HeartbeatGateway.EndToEnd.Tests;
using k8s.Models;

namespace HeartbeatGateway.Deploy.Tests.Helm;

/// <summary>Tests of the values that extend or replace parts of the chart's own objects.</summary>
public sealed class ExtensionTests
{
    [Fact]
    public async Task Probes_have_tolerant_defaults_and_can_be_set()
    {
        var container = (await HelmChart.RenderAsync("minimal")).Container;
        Assert.Equal((0, 10, 5, 3, null), Times(container.LivenessProbe));
        Assert.Equal((0, 5, 5, 3, 1), Times(container.ReadinessProbe));
        Assert.Equal((0, 1, 5, 60, null), Times(container.StartupProbe));

        var set = (await HelmChart.RenderAsync("extended")).Container;
        Assert.Equal((0, 10, 5, 6, null), Times(set.LivenessProbe));
        Assert.Equal((0, 5, 3, 5, 2), Times(set.ReadinessProbe));
        Assert.Equal((2, 1, 5, 60, null), Times(set.StartupProbe));
        Assert.Equal(("/readyz", "http"), (set.ReadinessProbe.HttpGet.Path, set.ReadinessProbe.HttpGet.Port.Value));

        static (int?, int?, int?, int?, int?) Times(V1Probe p) => (p.InitialDelaySeconds, p.PeriodSeconds, p.TimeoutSeconds, p.FailureThreshold, p.SuccessThreshold);
    }

    [Fact]
    public async Task Volumes_containers_and_objects_are_added()
    {
        var manifest = await HelmChart.RenderAsync("extended");
        Assert.Equal(["settings", "tls", "zones", "spool"], manifest.Pod.Volumes.Select(v => v.Name));
        Assert.Equal("/usr/share/zoneinfo/custom", manifest.Container.VolumeMounts.Single(m => string.Equals(m.Name, "zones", StringComparison.Ordinal)).MountPath);
        Assert.Equal(["gateway", "collector"], manifest.Pod.Containers.Select(c => c.Name));
        Assert.Equal("wait", Assert.Single(manifest.Pod.InitContainers).Name);

        // Both forms of an object are templates.
        var added = manifest.Named<V1ConfigMap>("time-zones");
        Assert.Equal((HelmChart.Release, "4 gateways"), (added.Metadata.Labels["app.kubernetes.io/instance"], added.Data["readme"]));
        Assert.Equal(HelmChart.Release, manifest.Named<V1PodDisruptionBudget>("fleet-heartbeat-gateway-second").Spec.Selector.MatchLabels["app.kubernetes.io/instance"]);
    }

    [Fact]
    public async Task Security_contexts_are_merged_with_the_hardened_defaults()
    {
        var manifest = await HelmChart.RenderAsync("extended", "--set", "podSecurityContext.runAsUser=1000680000");
        // A large number stays an integer.
        Assert.Equal((1000680000L, 1654L), (manifest.Pod.SecurityContext.RunAsUser, manifest.Pod.SecurityContext.FsGroup));
        Assert.Equal([2000L], manifest.Pod.SecurityContext.SupplementalGroups.Cast<long>());
        Assert.Equal((true, "NET_BIND_SERVICE"), (manifest.Container.SecurityContext.ReadOnlyRootFilesystem, Assert.Single(manifest.Container.SecurityContext.Capabilities.Add)));
        // Without any: the defaults of the cluster.
        var none = await HelmChart.RenderAsync("minimal", "--set", "podSecurityContext=null,securityContext=null,commonLabels=null,dnsConfig=null");
        Assert.Equal((null, null), (none.Pod.SecurityContext?.RunAsUser, none.Container.SecurityContext));
        Assert.Equal("net.core.somaxconn", Assert.Single((await HelmChart.RenderAsync("full")).Pod.SecurityContext.Sysctls).Name);
    }

    [Fact]
    public async Task Services_have_the_requested_ip_families_and_address()
    {
        var manifest = await HelmChart.RenderAsync("extended");
        Assert.All(["fleet-heartbeat-gateway", "fleet-heartbeat-gateway-http"], name =>
        {
            var service = manifest.Named<V1Service>(name).Spec;
            Assert.Equal("RequireDualStack", service.IpFamilyPolicy);
            Assert.Equal(["IPv6", "IPv4"], service.IpFamilies);
        });
        Assert.Equal("203.0.113.7", manifest.Named<V1Service>("fleet-heartbeat-gateway").Spec.LoadBalancerIP);
        Assert.Null((await HelmChart.RenderAsync("minimal")).Named<V1Service>("fleet-heartbeat-gateway").Spec.IpFamilyPolicy);
        Assert.Equal(["203.0.113.0/24"], (await HelmChart.RenderAsync("full")).Named<V1Service>("fleet-heartbeat-gateway").Spec.LoadBalancerSourceRanges);
    }

    [Fact]
    public async Task The_pods_can_use_the_network_of_the_nodes_and_other_name_servers()
    {
        var host = await HelmChart.RenderAsync("host");
        Assert.Equal((true, "Default"), (host.Pod.HostNetwork, host.Pod.DnsPolicy));
        Assert.Equal("1", host.Deployment.Spec.Strategy.RollingUpdate.MaxUnavailable.Value);
        Assert.Equal("ClusterFirstWithHostNet", (await HelmChart.RenderAsync("host", "--set", "dnsPolicy=")).Pod.DnsPolicy);

        var dns = (await HelmChart.RenderAsync("extended")).Pod;
        Assert.Equal(("None", "192.0.2.53", "example.com", "1"), (dns.DnsPolicy, dns.DnsConfig.Nameservers.Single(), dns.DnsConfig.Searches.Single(), dns.DnsConfig.Options.Single().Value));
        var plain = (await HelmChart.RenderAsync("minimal")).Pod;
        Assert.Equal((null, null), (plain.DnsPolicy, plain.DnsConfig));
    }

    [Fact]
    public async Task Common_labels_are_on_all_objects_and_the_pods_and_in_no_selector()
    {
        var manifest = await HelmChart.RenderAsync("extended", "--set", "extraObjects=null");
        Assert.All(manifest.Metadata, m => Assert.Equal("devices", m.Labels["example.com/owner"]));
        Assert.All(manifest.Metadata, m => Assert.Contains("example.com/contact", m.Annotations));
        // The annotation of one object takes precedence over the common one.
        Assert.Equal("balancers@example.com", manifest.Named<V1Service>("fleet-heartbeat-gateway").Metadata.Annotations["example.com/contact"]);
        Assert.Equal("true", manifest.Deployment.Metadata.Annotations["reloader.example.com/auto"]);

        var pods = manifest.Deployment.Spec.Template.Metadata;
        Assert.Equal(("devices", "edge"), (pods.Labels["example.com/owner"], pods.Labels["example.com/tier"]));
        Assert.DoesNotContain("example.com/contact", pods.Annotations);
        Assert.Equal(2, manifest.Deployment.Spec.Selector.MatchLabels.Count);
        Assert.All(manifest.All<V1Service>(), s => Assert.Equal(2, s.Spec.Selector.Count));
    }

    [Fact]
    public async Task The_service_monitor_selects_the_release_from_another_namespace()
    {
        var monitor = (await HelmChart.RenderAsync("extended")).Single<ServiceMonitor>();
        Assert.Equal(("monitoring", "prometheus", "watch@example.com"), (monitor.Metadata.NamespaceProperty, monitor.Metadata.Labels["release"], monitor.Metadata.Annotations["example.com/contact"]));
        Assert.Equal(["devices"], monitor.Spec.NamespaceSelector!.MatchNames);
        var endpoint = Assert.Single(monitor.Spec.Endpoints);
        Assert.Equal(("1m", "20s"), (endpoint.Interval, endpoint.ScrapeTimeout));
        Assert.Equal(["job", "node"], endpoint.Relabelings.Select(r => r.TargetLabel));
        Assert.Equal(("dotnet_.+", "drop"), (Assert.Single(endpoint.MetricRelabelings).Regex, endpoint.MetricRelabelings[0].Action));

        var plain = (await HelmChart.RenderAsync("full")).Single<ServiceMonitor>();
        Assert.Equal((null, null), (plain.Metadata.NamespaceProperty, plain.Spec.NamespaceSelector?.MatchNames));
        Assert.Null(Assert.Single(plain.Spec.Endpoints).ScrapeTimeout);
    }

    [Theory]
    [InlineData("minimal", null, "1")]
    [InlineData("host", null, "25%")]
    [InlineData("extended", "3", null)]
    public async Task The_disruption_budget_has_one_of_its_two_bounds(string set, string? available, string? unavailable)
    {
        var budget = (await HelmChart.RenderAsync(set)).Named<V1PodDisruptionBudget>("fleet-heartbeat-gateway").Spec;
        Assert.Equal((available, unavailable), (budget.MinAvailable?.Value, budget.MaxUnavailable?.Value));
    }

    [Fact]
    public async Task Dashboards_are_a_config_map_for_the_sidecar_of_grafana()
    {
        var map = (await HelmChart.RenderAsync("extended")).Named<V1ConfigMap>("fleet-heartbeat-gateway-dashboards");
        Assert.Equal(("monitoring", "1", "main"), (map.Metadata.NamespaceProperty, map.Metadata.Labels["grafana_dashboard"], map.Metadata.Labels["example.com/grafana"]));
        Assert.Equal("HeartbeatGateway", map.Metadata.Annotations["grafana_folder"]);

        var originals = Directory.GetFiles(Path.Combine(Repository.Root, "deploy/grafana/dashboards"), "*.json");
        Assert.NotEmpty(originals);
        Assert.Equal(originals.Select(f => $"heartbeatgateway-{Path.GetFileName(f)}").Order(StringComparer.Ordinal), map.Data.Keys.Order(StringComparer.Ordinal));
        Assert.All(originals, file =>
        {
            var (name, text) = (Path.GetFileName(file), File.ReadAllText(file));
            Assert.Equal(text.Trim(), map.Data[$"heartbeatgateway-{name}"]);
            // Helm reads no files outside a chart.
            var copy = File.ReadAllText(Path.Combine(HelmChart.Folder, "files/dashboards", name));
            Assert.True(string.Equals(text, copy, StringComparison.Ordinal), $"{name} differs: cp deploy/grafana/dashboards/*.json deploy/helm/heartbeat-gateway/files/dashboards/");
            using var dashboard = JsonDocument.Parse(map.Data[$"heartbeatgateway-{name}"]);
            Assert.Equal($"heartbeatgateway-{Path.GetFileNameWithoutExtension(name)}", dashboard.RootElement.GetProperty("uid").GetString());
        });
        // A larger object is refused by the API server.
        Assert.True(map.Data.Values.Sum(v => v.Length) < 1_000_000);
    }
}
