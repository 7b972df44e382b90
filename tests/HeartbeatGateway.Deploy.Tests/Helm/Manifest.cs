using k8s;
using k8s.Models;

namespace HeartbeatGateway.Deploy.Tests.Helm;

/// <summary>The Kubernetes objects that a chart renders. Parsing is strict: an unknown field is an error.</summary>
internal sealed class Manifest
{
    private static readonly Dictionary<string, Type> Types = new(StringComparer.Ordinal)
    {
        ["monitoring.coreos.com/v1/ServiceMonitor"] = typeof(ServiceMonitor),
        ["monitoring.coreos.com/v1/PrometheusRule"] = typeof(PrometheusRule),
    };

    private const string SettingsFile = "appsettings.Production.json";

    private readonly IReadOnlyList<object> _objects;

    private Manifest(IReadOnlyList<object> objects) => _objects = objects;

    public IEnumerable<string> Kinds => _objects.Select(o => ((IKubernetesObject)o).Kind).Order(StringComparer.Ordinal);

    public IEnumerable<V1ObjectMeta> Metadata => _objects.Cast<IKubernetesObject<V1ObjectMeta>>().Select(o => o.Metadata);

    public V1Deployment Deployment => Single<V1Deployment>();

    public V1PodSpec Pod => Deployment.Spec.Template.Spec;

    /// <summary>The container of the gateway; values can add others.</summary>
    public V1Container Container => Assert.Single(Pod.Containers, c => string.Equals(c.Name, "gateway", StringComparison.Ordinal));

    /// <summary>The settings file that the gateway reads.</summary>
    public string Settings => Assert.Single(All<V1ConfigMap>().Select(c => c.Data), d => d.ContainsKey(SettingsFile))[SettingsFile];

    public static Manifest Parse(string yaml)
    {
        var documents = yaml.Split("\n---", StringSplitOptions.RemoveEmptyEntries).Where(d => d.Split('\n').Any(l => l.StartsWith("kind:", StringComparison.Ordinal)));
        // Loads one document at a time: loading the whole stream silently skips documents of unknown kinds.
        return new Manifest([.. documents.Select(d => Assert.Single(KubernetesYaml.LoadAllFromString(d.TrimStart('-'), Types, strict: true)))]);
    }

    public IEnumerable<T> All<T>() => _objects.OfType<T>();

    public T Single<T>() => Assert.Single(_objects.OfType<T>());

    public T Named<T>(string name)
        where T : IKubernetesObject<V1ObjectMeta> => Assert.Single(_objects.OfType<T>(), o => string.Equals(o.Metadata.Name, name, StringComparison.Ordinal));

    public bool Has<T>() => _objects.OfType<T>().Any();
}
