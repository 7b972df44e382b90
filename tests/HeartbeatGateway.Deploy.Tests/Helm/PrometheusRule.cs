namespace HeartbeatGateway.Deploy.Tests.Helm;

/// <summary>The Prometheus operator's PrometheusRule; promtool looks at what is in its groups.</summary>
internal sealed class PrometheusRule : OperatorResource<PrometheusRule.PrometheusRuleSpec>
{
    internal sealed class PrometheusRuleSpec
    {
        public IList<IDictionary<string, object>> Groups { get; set; } = [];
    }
}
