namespace HeartbeatGateway.Deploy.Tests.Helm;

/// <summary>The PrometheusRule of the Prometheus operator; promtool checks the content of its groups.</summary>
internal sealed class PrometheusRule : OperatorResource<PrometheusRule.PrometheusRuleSpec>
{
    internal sealed class PrometheusRuleSpec
    {
        public IList<IDictionary<string, object>> Groups { get; set; } = [];
    }
}
