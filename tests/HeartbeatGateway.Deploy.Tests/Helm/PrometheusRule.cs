using k8s;
using k8s.Models;

namespace HeartbeatGateway.Deploy.Tests.Helm;

/// <summary>The Prometheus operator's PrometheusRule; promtool looks at what is in its groups.</summary>
internal sealed class PrometheusRule : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = "";

    public string Kind { get; set; } = "";

    public V1ObjectMeta Metadata { get; set; } = new();

    public PrometheusRuleSpec Spec { get; set; } = new();

    internal sealed class PrometheusRuleSpec
    {
        public IList<IDictionary<string, object>> Groups { get; set; } = [];
    }
}
