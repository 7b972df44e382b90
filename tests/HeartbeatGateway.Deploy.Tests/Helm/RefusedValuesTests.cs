namespace HeartbeatGateway.Deploy.Tests.Helm;

/// <summary>Invalid values are rejected before anything is sent to a cluster, with a message that names the value.</summary>
public sealed class RefusedValuesTests
{
    [Theory]
    // Rejected by the schema: unknown names and wrong types.
    [InlineData("minimal", "preStopSecond=4", "additional properties 'preStopSecond' not allowed")]
    [InlineData("minimal", "gateway.Heartbeat.ReaderIdel=00:00:07", "at '/gateway/Heartbeat': additional properties 'ReaderIdel' not allowed")]
    [InlineData("minimal", "gateway.Proxy.TrustedNetworks[0]=10.0.0.0/8", "at '/gateway': additional properties 'Proxy' not allowed")]
    [InlineData("minimal", "service.http.type=LoadBalancer", "at '/service/http': additional properties 'type' not allowed")]
    [InlineData("minimal", "gateway.Draining.Duration=20", "at '/gateway/Draining/Duration': got number, want string")]
    [InlineData("minimal", "gateway.Draining.Duration=20s", "at '/gateway/Draining/Duration': '20s' does not match pattern")]
    [InlineData("minimal", "gateway.WebSocket.Endpoint=0.0.0.0:9000", "at '/gateway/WebSocket/Endpoint': '0.0.0.0:9000' does not match pattern '^$|:8083$'")]
    [InlineData("minimal", "gateway.Tcp.Endpoint=0.0.0.0:9000", "at '/gateway/Tcp/Endpoint': '0.0.0.0:9000' does not match pattern ':8081$'")]
    [InlineData("minimal", "gateway.Frames.Resync=Loose", "at '/gateway/Frames/Resync': value must be one of 'Strict', 'Scan'")]
    [InlineData("minimal", "replicaCount=two", "at '/replicaCount': got string, want integer")]
    [InlineData("minimal", "image.digest=latest", "at '/image/digest': 'latest' does not match pattern")]
    [InlineData("minimal", "proxy.trustedNetworks[0]=balancer", "at '/proxy/trustedNetworks/0': 'balancer' does not match pattern")]
    [InlineData("minimal", "service.tcp.externalTrafficPolicy=local", "at '/service/tcp/externalTrafficPolicy': value must be one of 'Local', 'Cluster'")]
    [InlineData("minimal", "maxSurge=0", "at '/maxSurge': minimum: got 0, want 1")]
    [InlineData("minimal", "tokens.keys[0].id=longer-than-six", "at '/tokens/keys/0/id': 'longer-than-six' does not match pattern")]
    [InlineData("minimal", "readinessProbe.path=/livez", "at '/readinessProbe': additional properties 'path' not allowed")]
    [InlineData("minimal", "readinessProbe.failureThreshold=0", "at '/readinessProbe/failureThreshold': minimum: got 0, want 1")]
    [InlineData("minimal", "service.ipFamilies[0]=ipv4", "at '/service/ipFamilies/0': value must be one of 'IPv4', 'IPv6'")]
    [InlineData("minimal", "service.ipFamilyPolicy=DualStack", "at '/service/ipFamilyPolicy': value must be one of '', 'SingleStack', 'PreferDualStack', 'RequireDualStack'")]
    [InlineData("minimal", "dnsConfig.nameserver=192.0.2.53", "at '/dnsConfig': additional properties 'nameserver' not allowed")]
    [InlineData("minimal", "podDisruptionBudget.minAvailable=half", "at '/podDisruptionBudget/minAvailable': 'half' does not match pattern")]
    [InlineData("minimal", "gateway.Tls.CertificateFile=/tls.crt", "at '/gateway/Tls': additional properties 'CertificateFile' not allowed")]
    // Rejected by the templates: values that contradict each other.
    [InlineData("minimal", "terminationGracePeriodSeconds=34", "terminationGracePeriodSeconds is 34, but must be at least 35: preStopSeconds (5), gateway.Draining.Duration (20 s) and 10 s for the last frames.")]
    [InlineData("plain", "gateway.Draining.Duration=01:00:00.1", "terminationGracePeriodSeconds is 10, but must be at least 3611: preStopSeconds (0), gateway.Draining.Duration (3601 s)")]
    [InlineData("minimal", "tokens.existingSecret=", "tokens.keys[0].secret is missing: set tokens.existingSecret to a Secret with the entry k1, or set the secret itself.")]
    [InlineData("minimal", "tokens.keys=null", "tokens.keys is empty, but the scheme hmac-sha256 needs a key: add one, or set gateway.Tokens.Scheme to none.")]
    [InlineData("plain", "tokens.keys[0].secret=short", "tokens.keys[0].secret has 5 bytes, but must have at least 16.")]
    [InlineData("plain", "tokens.keys[0].entry=other", "tokens.keys[0].entry names an entry of tokens.existingSecret, which is not set.")]
    [InlineData("plain", "tokens.existingSecret=other", "tokens.keys[0].secret and tokens.existingSecret are both set: set only one of them.")]
    [InlineData("full", "tokens.keys[1].id=old", "tokens.keys[1].id is old, which another key uses already.")]
    [InlineData("minimal", "tls.clientCertificates=Required", "need tls.existingSecret: without it clients connect over plain TCP.")]
    [InlineData("full", "tls.clientAuthoritySecret=", "tls.clientAuthoritySecret is missing: tls.clientCertificates is Required, which needs the certificate authority of the clients.")]
    [InlineData("open", "service.tcp.nodePort=30000", "service.tcp.nodePort is set, but service.tcp.type is ClusterIP, which has no node port: use NodePort or LoadBalancer.")]
    [InlineData("plain", "service.tcp.loadBalancerClass=x", "service.tcp.loadBalancerClass and service.tcp.loadBalancerSourceRanges need service.tcp.type LoadBalancer, but it is NodePort.")]
    [InlineData("extended", "service.tcp.type=NodePort", "service.tcp.loadBalancerIP needs service.tcp.type LoadBalancer, but it is NodePort.")]
    [InlineData("extended", "service.ipFamilyPolicy=", "service.ipFamilies has two families, which needs service.ipFamilyPolicy PreferDualStack or RequireDualStack.")]
    [InlineData("extended", "tls.existingSecret=", "gateway.Tls needs tls.existingSecret: without it clients connect over plain TCP.")]
    [InlineData("extended", "podDisruptionBudget.minAvailable=4", "podDisruptionBudget.minAvailable is 4, but must be less than the number of pods (4): otherwise no node with a gateway can be drained.")]
    [InlineData("extended", "podDisruptionBudget.minAvailable=100%", "podDisruptionBudget.minAvailable is 100%, but must be less than the number of pods (4)")]
    [InlineData("full", "podDisruptionBudget.minAvailable=3", "podDisruptionBudget.minAvailable is 3, but must be less than the number of pods (3)")]
    [InlineData("minimal", "podDisruptionBudget.maxUnavailable=null", "podDisruptionBudget needs maxUnavailable or minAvailable.")]
    [InlineData("extended", "serviceMonitor.scrapeTimeout=61s", "serviceMonitor.scrapeTimeout is 61s, but must not exceed serviceMonitor.interval (1m).")]
    [InlineData("extended", @"commonLabels.app\.kubernetes\.io/component=http", "commonLabels sets app.kubernetes.io/component, by which the objects of this chart select each other")]
    [InlineData("extended", @"podLabels.app\.kubernetes\.io/name=other", "podLabels sets app.kubernetes.io/name, by which the objects of this chart select each other")]
    [InlineData("minimal", "dnsPolicy=None", "dnsPolicy is None, which needs dnsConfig.nameservers.")]
    [InlineData("full", "hostNetwork=true", "sysctls sets net.core.somaxconn, which Kubernetes does not allow with hostNetwork: set it on the nodes.")]
    [InlineData("full", "podSecurityContext.sysctls[0].name=net.core.somaxconn", "sysctls and podSecurityContext.sysctls are both set: set only one of them.")]
    [InlineData("extended", "extraContainers[0].name=gateway", "extraContainers has a container with the name gateway, which is the name of the gateway's own container.")]
    [InlineData("extended", "extraVolumes[0].name=tls", "extraVolumes has a volume with the name tls, which is a volume of this chart.")]
    [InlineData("minimal", "gateway.Webhook.Url=https://events.example/", "webhook.existingSecret is missing: gateway.Webhook.Url needs a Secret with the secret that signs its requests.")]
    [InlineData("minimal", "webhook.existingSecret=gateway-webhook", "gateway.Webhook.Url is missing: without it webhook.existingSecret")]
    [InlineData("full", "extraEnv[0].name=Gateway__Webhook__Secrets__0__Secret", "extraEnv sets Gateway__Webhook__Secrets__0__Secret, which would override webhook.entries: use webhook instead.")]
    [InlineData("minimal", "gateway.Redis.Lease=10", "at '/gateway/Redis/Lease': got number, want string")]
    [InlineData("minimal", "gateway.Redis.Configuration=redis:6379", "at '/gateway/Redis': additional properties 'Configuration' not allowed")]
    [InlineData("minimal", "podAntiAffinity=soft", "at '/podAntiAffinity': value must be one of 'preferred', 'required', ''")]
    [InlineData("minimal", "replicaCount=2", "replicaCount is 2, but there is no Redis: the gateways would not know of each other's clients, so that takeovers, sends, lists and bans would end at each gateway. Set redis.existingSecret or redis.configuration, or allowIndependentReplicas to true if that is what you want.")]
    [InlineData("minimal", "autoscaling.enabled=true", "autoscaling.maxReplicas is 10, but there is no Redis")]
    [InlineData("minimal", "gateway.Redis.Prefix=devices", "gateway.Redis needs redis.existingSecret or redis.configuration: without them there is no cluster.")]
    [InlineData("minimal", "redis.existingSecret=gateway-redis", "networkPolicy.egress is empty, so the gateways could not reach Redis: allow Redis and the DNS service in it, or set networkPolicy.enabled to false.")]
    [InlineData("cluster", "redis.existingSecret=gateway-redis", "redis.existingSecret and redis.configuration are both set: set only one of them.")]
    [InlineData("cluster", "extraEnv[0].name=Gateway__Redis__Configuration", "extraEnv sets Gateway__Redis__Configuration, which this chart sets itself: use redis.existingSecret or redis.configuration instead; the name of a node is the name of its pod.")]
    [InlineData("minimal", "admin.keys[0].scope=Write", "at '/admin/keys/0/scope': value must be one of 'Read', 'Send', 'Admin'")]
    [InlineData("minimal", "admin.keys[0].id=operator", "admin.existingSecret is missing: name a Secret with one entry for each of admin.keys.")]
    [InlineData("full", "extraEnv[0].name=Gateway__Admin__Keys__0__Key", "extraEnv sets Gateway__Admin__Keys__0__Key, which would override admin.keys: use admin.keys instead.")]
    [InlineData("full", "autoscaling.minReplicas=13", "autoscaling.minReplicas is 13, but must not exceed autoscaling.maxReplicas (12).")]
    [InlineData("full", "extraEnv[0].name=gateway__tokens__keys__0__secret", "extraEnv sets gateway__tokens__keys__0__secret, which would override tokens.keys: use tokens.keys instead.")]
    [InlineData("full", "extraEnv[0].name=Gateway__Draining__Duration", "extraEnv sets Gateway__Draining__Duration, which would contradict the ports, mounts or grace period of this chart: use the chart's values instead.")]
    public async Task An_invalid_value_is_rejected_with_a_message_that_names_it(string set, string value, string sentence)
    {
        var result = await HelmChart.TemplateAsync(set, "--set", value);
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains(sentence, result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Fact]
    public async Task A_cluster_version_without_the_prestop_sleep_action_is_rejected()
    {
        var result = await HelmChart.TemplateAsync("minimal", "--kube-version", "1.29.9");
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("chart requires kubeVersion: >=1.30.0-0", result.Error, StringComparison.Ordinal);
    }
}
