using System.Text.Json;
using k8s.Models;

namespace HeartbeatGateway.Deploy.Tests.Helm;

/// <summary>Tests of the objects that the chart renders from values.</summary>
public sealed class ChartTests
{
    public static TheoryData<string> Sets => [.. Directory.GetFiles(Path.Combine(HelmChart.Folder, "ci"), "*-values.yaml").Select(f => Path.GetFileName(f)[..^"-values.yaml".Length])];

    [Theory]
    [MemberData(nameof(Sets))]
    public async Task Each_value_set_passes_strict_lint_and_renders_valid_kubernetes_objects(string set)
    {
        (await HelmChart.LintAsync(set)).Good();
        var manifest = await HelmChart.RenderAsync(set);
        Assert.NotEmpty(manifest.Kinds);
        AssertHardened(manifest, set);
        AssertWiring(manifest);
        AssertStopFits(manifest);
    }

    [Fact]
    public async Task Minimal_values_render_a_deployment_without_monitoring_that_all_clients_can_reach()
    {
        var manifest = await HelmChart.RenderAsync("minimal");
        Assert.Equal(["ConfigMap", "Deployment", "NetworkPolicy", "PodDisruptionBudget", "Service", "Service", "ServiceAccount"], manifest.Kinds);
        Assert.Equal(1, manifest.Deployment.Spec.Replicas);

        var tcp = manifest.Named<V1Service>("fleet-heartbeat-gateway");
        Assert.Equal(("LoadBalancer", "Local"), (tcp.Spec.Type, tcp.Spec.ExternalTrafficPolicy));
        var http = manifest.Named<V1Service>("fleet-heartbeat-gateway-http");
        Assert.Equal(("ClusterIP", true), (http.Spec.Type, http.Spec.PublishNotReadyAddresses));

        var rollout = manifest.Deployment.Spec.Strategy.RollingUpdate;
        Assert.Equal(("0", "1"), (rollout.MaxUnavailable.Value, rollout.MaxSurge.Value));
        // 5 s before SIGTERM, 20 s of draining and a margin of 5 s, before the next old pod is stopped.
        Assert.Equal(30, manifest.Deployment.Spec.MinReadySeconds);
        Assert.Equal(40, manifest.Pod.TerminationGracePeriodSeconds);
        Assert.Equal(5, manifest.Container.Lifecycle.PreStop.Sleep.Seconds);

        Assert.Equal(("/livez", "/readyz", "/livez"), (manifest.Container.LivenessProbe.HttpGet.Path, manifest.Container.ReadinessProbe.HttpGet.Path, manifest.Container.StartupProbe.HttpGet.Path));
        Assert.Null(manifest.Container.Env);
        Assert.Equal(["kubernetes.io/hostname", "topology.kubernetes.io/zone"], manifest.Pod.TopologySpreadConstraints.Select(c => c.TopologyKey));
        Assert.Equal("1", manifest.Single<V1PodDisruptionBudget>().Spec.MaxUnavailable.Value);
        Assert.Equal("*:8081", JsonDocument.Parse(manifest.Settings).RootElement.GetProperty("Gateway").GetProperty("Tcp").GetProperty("Endpoint").GetString());
    }

    [Fact]
    public async Task WebSockets_have_a_port_a_Service_and_a_rule_only_when_they_are_on()
    {
        var full = await HelmChart.RenderAsync("full");
        Assert.Equal(8083, Assert.Single(full.Container.Ports, p => p.Name == "websocket").ContainerPort);
        var service = full.Named<V1Service>("fleet-heartbeat-gateway-websocket").Spec;
        Assert.Equal(("ClusterIP", 8083, "websocket"), (service.Type, Assert.Single(service.Ports).Port, service.Ports[0].TargetPort.Value));
        Assert.Equal(["tcp", "websocket"], full.Single<V1NetworkPolicy>().Spec.Ingress[0].Ports.Select(p => p.Port.Value));
        Assert.DoesNotContain((await HelmChart.RenderAsync("minimal")).Container.Ports, p => p.Name == "websocket");
    }

    [Fact]
    public async Task The_client_port_is_open_to_all_and_the_http_port_only_to_the_monitoring_namespace()
    {
        var policy = (await HelmChart.RenderAsync("minimal")).Single<V1NetworkPolicy>().Spec;
        Assert.Equal(["Ingress", "Egress"], policy.PolicyTypes);
        Assert.Empty(policy.Egress);
        Assert.Equal(["tcp", "http"], policy.Ingress.Select(rule => Assert.Single(rule.Ports).Port.Value));
        Assert.Null(policy.Ingress[0].FromProperty);
        Assert.Equal("monitoring", Assert.Single(policy.Ingress[1].FromProperty).NamespaceSelector.MatchLabels["kubernetes.io/metadata.name"]);

        // An empty list of operators closes the HTTP port to all peers; it does not open it.
        Assert.Single((await HelmChart.RenderAsync("open")).Single<V1NetworkPolicy>().Spec.Ingress);
    }

    [Fact]
    public async Task All_optional_features_render_their_objects()
    {
        var manifest = await HelmChart.RenderAsync("full");
        Assert.Equal(
            ["ConfigMap", "Deployment", "HorizontalPodAutoscaler", "NetworkPolicy", "PodDisruptionBudget", "PrometheusRule", "Service", "Service", "Service", "ServiceAccount", "ServiceMonitor"],
            manifest.Kinds);
        // An upgrade must not overwrite the replica count of the autoscaler.
        Assert.Null(manifest.Deployment.Spec.Replicas);
        Assert.Equal("registry.example/heartbeatgateway@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", manifest.Container.Image);
        // 5 s, 91 s (90.5 rounded up), 10 s for the last frames, and a margin of 5 s.
        Assert.Equal(111, manifest.Pod.TerminationGracePeriodSeconds);

        var scaler = manifest.Single<V2HorizontalPodAutoscaler>().Spec;
        var metric = Assert.Single(scaler.Metrics).Pods;
        Assert.Equal(("heartbeatgateway_connected_clients", "AverageValue", "1500k"), (metric.Metric.Name, metric.Target.Type, $"{metric.Target.AverageValue}"));
        Assert.Equal((3, 12, manifest.Deployment.Metadata.Name), (scaler.MinReplicas, scaler.MaxReplicas, scaler.ScaleTargetRef.Name));

        var tcp = manifest.Named<V1Service>("fleet-heartbeat-gateway").Spec;
        Assert.Equal((443, 30443, "tcp"), (tcp.Ports[0].Port, tcp.Ports[0].NodePort, tcp.Ports[0].TargetPort.Value));
        Assert.Equal("example.com/tcp", tcp.LoadBalancerClass);

        var monitor = manifest.Single<ServiceMonitor>();
        Assert.Equal("prometheus", monitor.Metadata.Labels["release"]);
        var endpoint = Assert.Single(monitor.Spec.Endpoints);
        Assert.Equal(("http", "/metrics", "heartbeatgateway"), (endpoint.Port, endpoint.Path, Assert.Single(endpoint.Relabelings).Replacement));
        // The selector matches the HTTP service and not the client service.
        bool Selects(V1Service service) => monitor.Spec.Selector.MatchLabels.All(l => service.Metadata.Labels.TryGetValue(l.Key, out var value) && string.Equals(value, l.Value, StringComparison.Ordinal));
        Assert.True(Selects(manifest.Named<V1Service>("fleet-heartbeat-gateway-http")));
        Assert.False(Selects(manifest.Named<V1Service>("fleet-heartbeat-gateway")));
    }

    [Fact]
    public async Task Secrets_and_settings_share_one_volume_with_the_paths_in_the_settings()
    {
        var manifest = await HelmChart.RenderAsync("full");
        var gateway = JsonDocument.Parse(manifest.Settings).RootElement.GetProperty("Gateway");
        var keys = gateway.GetProperty("Tokens").GetProperty("Keys").EnumerateArray().Select(k => (k.GetProperty("Id").GetString(), k.GetProperty("SecretFile").GetString()));
        Assert.Equal([("old", "/etc/heartbeatgateway/keys/old"), ("new", "/etc/heartbeatgateway/keys/new")], keys);
        Assert.Equal([false, true], gateway.GetProperty("Tokens").GetProperty("Keys").EnumerateArray().Select(k => k.TryGetProperty("PerClient", out var perClient) && perClient.GetBoolean()));
        // Large numbers are rendered as integers, not as 1e+06.
        Assert.Equal("1000000", gateway.GetProperty("Admission").GetProperty("MaxConnections").GetRawText());
        Assert.Equal(["10.0.0.0/8", "fd00::/8"], gateway.GetProperty("Proxy").GetProperty("TrustedNetworks").EnumerateArray().Select(n => n.GetString()));
        Assert.Equal("Required", gateway.GetProperty("Proxy").GetProperty("Header").GetString());

        var volume = Assert.Single(manifest.Pod.Volumes, v => v.Projected is not null);
        Assert.Equal("fleet-heartbeat-gateway", volume.Projected.Sources[0].ConfigMap.Name);
        var secret = volume.Projected.Sources[1].Secret;
        Assert.Equal("gateway-tokens", secret.Name);
        Assert.Equal([("token-of-last-year", "keys/old"), ("new", "keys/new")], secret.Items.Select(i => (i.Key, i.Path)));
        Assert.Equal("/etc/heartbeatgateway", manifest.Container.VolumeMounts.Single(m => string.Equals(m.Name, volume.Name, StringComparison.Ordinal)).MountPath);
        // Only owner and group may read.
        Assert.Equal(Convert.ToInt32("440", 8), volume.Projected.DefaultMode);
    }

    [Fact]
    public async Task A_secret_in_the_values_is_rendered_as_a_secret_object()
    {
        var manifest = await HelmChart.RenderAsync("plain");
        var secret = manifest.Single<V1Secret>();
        Assert.Equal("a-secret-of-twenty-eight-bytes", System.Text.Encoding.UTF8.GetString(Assert.Single(secret.Data).Value));
        Assert.Equal(secret.Metadata.Name, manifest.Pod.Volumes.Single().Projected.Sources[1].Secret.Name);
        Assert.Equal("k1", Assert.Single(manifest.Pod.Volumes.Single().Projected.Sources[1].Secret.Items).Key);
    }

    [Fact]
    public async Task A_release_with_the_longest_name_renders_valid_object_names()
    {
        var manifest = Manifest.Parse((await HelmChart.TemplateNamedAsync(new string('n', 53), "plain", "--set", "fullnameOverride=", "--set", "serviceAccount.name=")).Good());
        Assert.True(manifest.Single<V1Secret>().Metadata.Name.Length <= 63, manifest.Single<V1Secret>().Metadata.Name);
        Assert.Equal(manifest.Pod.ServiceAccountName, manifest.Single<V1ServiceAccount>().Metadata.Name);
    }

    [Theory]
    [InlineData("minimal", "Clients connect over plain TCP")]
    [InlineData("open", "every connection that can reach the port is accepted without authentication")]
    [InlineData("plain", "on any node with a pod")]
    public async Task Notes_list_the_next_steps(string set, string sentence)
    {
        // Only an install renders the notes; a client dry run needs no cluster.
        var notes = await Support.Command.RunAsync(
            Support.Tools.Helm(), ["install", HelmChart.Release, HelmChart.Folder, "--dry-run=client", "--values", HelmChart.Values(set)],
            environment: new Dictionary<string, string>(StringComparer.Ordinal) { ["KUBECONFIG"] = "/dev/null" });
        Assert.Contains(sentence, notes.Good(), StringComparison.Ordinal);
        Assert.Contains("rollout status deployment/", notes.Output, StringComparison.Ordinal);
    }

    private static void AssertHardened(Manifest manifest, string set)
    {
        var pod = manifest.Pod.SecurityContext;
        // OpenShift assigns the user and the groups.
        long? id = set is "openshift" ? null : 1654L;
        Assert.Equal((true, id, id, id, "RuntimeDefault"), (pod.RunAsNonRoot, pod.RunAsUser, pod.RunAsGroup, pod.FsGroup, pod.SeccompProfile.Type));
        var container = manifest.Container.SecurityContext;
        Assert.Equal((false, true), (container.AllowPrivilegeEscalation, container.ReadOnlyRootFilesystem));
        Assert.Equal(["ALL"], container.Capabilities.Drop);
        Assert.False(manifest.Pod.AutomountServiceAccountToken);
        Assert.Equal(set is "host", manifest.Pod.HostNetwork ?? false);
    }

    /// <summary>Checks that every selector matches the pods, and that every port and mount has its counterpart.</summary>
    private static void AssertWiring(Manifest manifest)
    {
        var labels = manifest.Deployment.Spec.Template.Metadata.Labels;
        void Selects(IDictionary<string, string> selector)
        {
            Assert.NotEmpty(selector);
            Assert.All(selector, l => Assert.Equal(l.Value, labels[l.Key]));
        }

        Selects(manifest.Deployment.Spec.Selector.MatchLabels);
        var ports = manifest.Container.Ports.Select(p => p.Name).ToList();
        foreach (var service in manifest.All<V1Service>())
        {
            Selects(service.Spec.Selector);
            Assert.All(service.Spec.Ports, p => Assert.Contains(p.TargetPort.Value, ports));
        }

        Assert.All(manifest.All<V1PodDisruptionBudget>(), budget => Selects(budget.Spec.Selector.MatchLabels));
        if (manifest.Has<V1NetworkPolicy>()) Selects(manifest.Single<V1NetworkPolicy>().Spec.PodSelector.MatchLabels);
        Assert.All(manifest.Pod.TopologySpreadConstraints ?? [], c => Selects(c.LabelSelector.MatchLabels));
        Assert.Equal(manifest.Pod.Volumes.Select(v => v.Name).Order(StringComparer.Ordinal), manifest.Container.VolumeMounts.Select(m => m.Name).Order(StringComparer.Ordinal));
    }

    /// <summary>Checks that the grace period covers the longest drain, so that a pod is not killed while it drains.</summary>
    private static void AssertStopFits(Manifest manifest)
    {
        var draining = JsonDocument.Parse(manifest.Settings).RootElement.GetProperty("Gateway").GetProperty("Draining").GetProperty("Duration").GetString()!;
        var preStop = manifest.Container.Lifecycle?.PreStop.Sleep.Seconds ?? 0;
        var needed = preStop + TimeSpan.Parse(draining, System.Globalization.CultureInfo.InvariantCulture).TotalSeconds + 10;
        var granted = manifest.Pod.TerminationGracePeriodSeconds;
        Assert.True(granted >= needed, $"The grace period is {granted} s, but a stop may take {needed} s.");
    }
}
