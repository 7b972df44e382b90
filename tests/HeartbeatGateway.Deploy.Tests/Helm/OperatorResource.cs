using k8s;
using k8s.Models;

namespace HeartbeatGateway.Deploy.Tests.Helm;

/// <summary>A resource of the Prometheus operator; KubernetesClient has no type for it.</summary>
internal abstract class OperatorResource<TSpec> : IKubernetesObject<V1ObjectMeta>
    where TSpec : new()
{
    public string ApiVersion { get; set; } = "";

    public string Kind { get; set; } = "";

    public V1ObjectMeta Metadata { get; set; } = new();

    public TSpec Spec { get; set; } = new();
}
