using k8s.Models;

namespace HeartbeatGateway.Deploy.Tests.Helm;

/// <summary>The properties of the Prometheus operator's ServiceMonitor that the chart uses.</summary>
internal sealed class ServiceMonitor : OperatorResource<ServiceMonitor.ServiceMonitorSpec>
{
    internal sealed class ServiceMonitorSpec
    {
        public V1LabelSelector Selector { get; set; } = new();

        public NamespaceSelection? NamespaceSelector { get; set; }

        public IList<Endpoint> Endpoints { get; set; } = [];
    }

    internal sealed class Endpoint
    {
        public string Port { get; set; } = "";

        public string Path { get; set; } = "";

        public string Interval { get; set; } = "";

        public string? ScrapeTimeout { get; set; }

        public IList<Relabeling> Relabelings { get; set; } = [];

        public IList<Relabeling> MetricRelabelings { get; set; } = [];
    }

    internal sealed class NamespaceSelection
    {
        public IList<string> MatchNames { get; set; } = [];
    }

    internal sealed class Relabeling
    {
        public string TargetLabel { get; set; } = "";

        public string Replacement { get; set; } = "";

        public IList<string> SourceLabels { get; set; } = [];

        public string? Regex { get; set; }

        public string? Action { get; set; }
    }
}
