using System.Text.Json;
using k8s.Models;

namespace HeartbeatGateway.Deploy.Tests.Helm;

/// <summary>What the chart makes of values.</summary>
public sealed class ChartTests
{
    public static TheoryData<string> Sets => [.. Directory.GetFiles(Path.Combine(HelmChart.Folder, "ci"), "*-values.yaml").Select(f => Path.GetFileName(f)[..^"-values.yaml".Length])];

    [Theory]
    [MemberData(nameof(Sets))]
    public async Task Each_set_of_values_is_linted_strictly_and_renders_to_objects_that_a_cluster_knows(string set)
    {
        (await HelmChart.LintAsync(set)).Good();
        var manifest = await HelmChart.RenderAsync(set);
        Assert.NotEmpty(manifest.Kinds);
        AssertHardened(manifest);
        AssertWiring(manifest);
        AssertStopFits(manifest);
    }

    [Fact]
    public async Task The_least_values_make_a_deployment_that_is_watched_by_nobody_and_reachable_by_all()
    {
        var manifest = await HelmChart.RenderAsync("minimal");
        Assert.Equal(["ConfigMap", "Deployment", "NetworkPolicy", "PodDisruptionBudget", "Service", "Service", "ServiceAccount"], manifest.Kinds);
        Assert.Equal(2, manifest.Deployment.Spec.Replicas);

        var tcp = manifest.Named<V1Service>("fleet-heartbeat-gateway");
        Assert.Equal(("LoadBalancer", "Local"), (tcp.Spec.Type, tcp.Spec.ExternalTrafficPolicy));
        var http = manifest.Named<V1Service>("fleet-heartbeat-gateway-http");
        Assert.Equal(("ClusterIP", true), (http.Spec.Type, http.Spec.PublishNotReadyAddresses));

        var rollout = manifest.Deployment.Spec.Strategy.RollingUpdate;
        Assert.Equal(("0", "1"), (rollout.MaxUnavailable.Value, rollout.MaxSurge.Value));
        // 5 s before SIGTERM and 20 s of draining: only then may the next old pod go.
        Assert.Equal(30, manifest.Deployment.Spec.MinReadySeconds);
        Assert.Equal(40, manifest.Pod.TerminationGracePeriodSeconds);
        Assert.Equal(5, manifest.Container.Lifecycle.PreStop.Sleep.Seconds);

        Assert.Equal(("/livez", "/readyz", "/livez"), (manifest.Container.LivenessProbe.HttpGet.Path, manifest.Container.ReadinessProbe.HttpGet.Path, manifest.Container.StartupProbe.HttpGet.Path));
        Assert.Null(manifest.Container.Env);
        Assert.Equal(["kubernetes.io/hostname", "topology.kubernetes.io/zone"], manifest.Pod.TopologySpreadConstraints.Select(c => c.TopologyKey));
        Assert.Equal("1", manifest.Single<V1PodDisruptionBudget>().Spec.MaxUnavailable.Value);
    }

    [Fact]
    public async Task Clients_port_is_open_to_all_and_operators_port_to_the_monitoring_namespace()
    {
        var policy = (await HelmChart.RenderAsync("minimal")).Single<V1NetworkPolicy>().Spec;
        Assert.Equal(["Ingress", "Egress"], policy.PolicyTypes);
        Assert.Empty(policy.Egress);
        Assert.Equal(["tcp", "http"], policy.Ingress.Select(rule => Assert.Single(rule.Ports).Port.Value));
        Assert.Null(policy.Ingress[0].FromProperty);
        Assert.Equal("monitoring", Assert.Single(policy.Ingress[1].FromProperty).NamespaceSelector.MatchLabels["kubernetes.io/metadata.name"]);

        // Without operators nobody is let in to HTTP, rather than everybody.
        Assert.Single((await HelmChart.RenderAsync("open")).Single<V1NetworkPolicy>().Spec.Ingress);
    }

    [Fact]
    public async Task Everything_switched_on_is_there()
    {
        var manifest = await HelmChart.RenderAsync("full");
        Assert.Equal(
            ["ConfigMap", "Deployment", "HorizontalPodAutoscaler", "NetworkPolicy", "PodDisruptionBudget", "PrometheusRule", "Service", "Service", "ServiceAccount", "ServiceMonitor"],
            manifest.Kinds);
        // The autoscaler's number must not be overwritten at each upgrade.
        Assert.Null(manifest.Deployment.Spec.Replicas);
        Assert.Equal("registry.example/heartbeatgateway@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", manifest.Container.Image);
        // 5 s, 91 s (90.5 rounded up), 10 s for last frames, and 5 s to spare.
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
        // Its selector finds the HTTP service and not the clients' one.
        bool Selects(V1Service service) => monitor.Spec.Selector.MatchLabels.All(l => service.Metadata.Labels.TryGetValue(l.Key, out var value) && string.Equals(value, l.Value, StringComparison.Ordinal));
        Assert.True(Selects(manifest.Named<V1Service>("fleet-heartbeat-gateway-http")));
        Assert.False(Selects(manifest.Named<V1Service>("fleet-heartbeat-gateway")));
    }

    [Fact]
    public async Task Secrets_and_settings_are_one_volume_under_the_names_that_the_settings_say()
    {
        var manifest = await HelmChart.RenderAsync("full");
        var gateway = JsonDocument.Parse(manifest.Settings).RootElement.GetProperty("Gateway");
        var keys = gateway.GetProperty("Tokens").GetProperty("Keys").EnumerateArray().Select(k => (k.GetProperty("Id").GetString(), k.GetProperty("SecretFile").GetString()));
        Assert.Equal([("old", "/etc/heartbeatgateway/keys/old"), ("new", "/etc/heartbeatgateway/keys/new")], keys);
        // Large numbers stay numbers, not 1e+06.
        Assert.Equal("1000000", gateway.GetProperty("Admission").GetProperty("MaxConnections").GetRawText());
        Assert.Equal(["10.0.0.0/8", "fd00::/8"], gateway.GetProperty("Proxy").GetProperty("TrustedNetworks").EnumerateArray().Select(n => n.GetString()));

        var volume = Assert.Single(manifest.Pod.Volumes, v => v.Projected is not null);
        Assert.Equal("fleet-heartbeat-gateway", volume.Projected.Sources[0].ConfigMap.Name);
        var secret = volume.Projected.Sources[1].Secret;
        Assert.Equal("gateway-tokens", secret.Name);
        Assert.Equal([("token-of-last-year", "keys/old"), ("new", "keys/new")], secret.Items.Select(i => (i.Key, i.Path)));
        Assert.Equal("/etc/heartbeatgateway", manifest.Container.VolumeMounts.Single(m => string.Equals(m.Name, volume.Name, StringComparison.Ordinal)).MountPath);
        // Owner and group may read, nobody else.
        Assert.Equal(Convert.ToInt32("440", 8), volume.Projected.DefaultMode);
    }

    [Fact]
    public async Task A_secret_in_the_values_becomes_a_secret()
    {
        var manifest = await HelmChart.RenderAsync("plain");
        var secret = manifest.Single<V1Secret>();
        Assert.Equal("a-secret-of-twenty-eight-bytes", System.Text.Encoding.UTF8.GetString(Assert.Single(secret.Data).Value));
        Assert.Equal(secret.Metadata.Name, manifest.Pod.Volumes.Single().Projected.Sources[1].Secret.Name);
        Assert.Equal("k1", Assert.Single(manifest.Pod.Volumes.Single().Projected.Sources[1].Secret.Items).Key);
    }

    [Fact]
    public async Task What_is_read_at_the_start_only_rolls_the_pods_and_nothing_else_does()
    {
        static async Task<string> TemplateOfPods(params string[] arguments) =>
            k8s.KubernetesYaml.Serialize((await HelmChart.RenderAsync("minimal", arguments)).Deployment.Spec.Template);
        var before = await TemplateOfPods();
        Assert.Equal(before, await TemplateOfPods("--set", "gateway.Heartbeat.ReaderIdle=00:00:10", "--set", "serilog.MinimumLevel.Default=Debug"));
        Assert.NotEqual(before, await TemplateOfPods("--set", "gateway.Tcp.Backlog=100"));
        Assert.NotEqual(before, await TemplateOfPods("--set", "tls.existingSecret=certificate"));
    }

    [Fact]
    public async Task A_release_with_the_longest_name_has_names_that_a_cluster_takes()
    {
        var manifest = Manifest.Parse((await HelmChart.TemplateNamedAsync(new string('n', 53), "plain", "--set", "fullnameOverride=", "--set", "serviceAccount.name=")).Good());
        Assert.True(manifest.Single<V1Secret>().Metadata.Name.Length <= 63, manifest.Single<V1Secret>().Metadata.Name);
        Assert.Equal(manifest.Pod.ServiceAccountName, manifest.Single<V1ServiceAccount>().Metadata.Name);
    }

    [Theory]
    [InlineData("minimal", "Clients speak plain TCP")]
    [InlineData("open", "everybody who can reach the port is a client")]
    [InlineData("plain", "on any node with a pod")]
    public async Task Notes_tell_what_to_do_next(string set, string sentence)
    {
        // Only an install renders them; a dry run on the client asks no cluster.
        var notes = await Support.Command.RunAsync(
            Support.Tools.Helm(), ["install", HelmChart.Release, HelmChart.Folder, "--dry-run=client", "--values", HelmChart.Values(set)],
            environment: new Dictionary<string, string>(StringComparer.Ordinal) { ["KUBECONFIG"] = "/dev/null" });
        Assert.Contains(sentence, notes.Good(), StringComparison.Ordinal);
        Assert.Contains("rollout status deployment/", notes.Output, StringComparison.Ordinal);
    }

    private static void AssertHardened(Manifest manifest)
    {
        var pod = manifest.Pod.SecurityContext;
        Assert.Equal((true, 1654L, 1654L, "RuntimeDefault"), (pod.RunAsNonRoot, pod.RunAsUser, pod.FsGroup, pod.SeccompProfile.Type));
        var container = manifest.Container.SecurityContext;
        Assert.Equal((false, true), (container.AllowPrivilegeEscalation, container.ReadOnlyRootFilesystem));
        Assert.Equal(["ALL"], container.Capabilities.Drop);
        Assert.False(manifest.Pod.AutomountServiceAccountToken);
        Assert.NotEqual(true, manifest.Pod.HostNetwork);
    }

    /// <summary>Every selector selects the pods, every port and mount has its other end.</summary>
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

        if (manifest.Has<V1PodDisruptionBudget>()) Selects(manifest.Single<V1PodDisruptionBudget>().Spec.Selector.MatchLabels);
        if (manifest.Has<V1NetworkPolicy>()) Selects(manifest.Single<V1NetworkPolicy>().Spec.PodSelector.MatchLabels);
        Assert.All(manifest.Pod.TopologySpreadConstraints ?? [], c => Selects(c.LabelSelector.MatchLabels));
        Assert.Equal(manifest.Pod.Volumes.Select(v => v.Name).Order(StringComparer.Ordinal), manifest.Container.VolumeMounts.Select(m => m.Name).Order(StringComparer.Ordinal));
    }

    /// <summary>A pod is never killed while it may still be letting clients go.</summary>
    private static void AssertStopFits(Manifest manifest)
    {
        var draining = JsonDocument.Parse(manifest.Settings).RootElement.GetProperty("Gateway").GetProperty("Draining").GetProperty("Duration").GetString()!;
        var preStop = manifest.Container.Lifecycle?.PreStop.Sleep.Seconds ?? 0;
        var needed = preStop + TimeSpan.Parse(draining, System.Globalization.CultureInfo.InvariantCulture).TotalSeconds + 10;
        Assert.True(manifest.Pod.TerminationGracePeriodSeconds >= needed, $"{manifest.Pod.TerminationGracePeriodSeconds} s of grace for {needed} s.");
    }
}
