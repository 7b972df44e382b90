using System.Collections;
using Microsoft.AspNetCore.Http.Features;

namespace HeartbeatGateway.Million.Transport;

/// <summary>
/// The features of a connection: those that the connection object implements, and the few that a server adds, in an array that grows with
/// them. Not thread-safe, as in Kestrel.
/// </summary>
internal sealed class MemoryFeatures(MemoryConnection connection) : IFeatureCollection
{
    private (Type Type, object? Feature)[] _added = [];

    public bool IsReadOnly => false;

    public int Revision { get; private set; }

    public object? this[Type key]
    {
        get
        {
            foreach (var (type, feature) in _added)
            {
                if (type == key) return feature;
            }

            return key.IsInstanceOfType(connection) ? connection : null;
        }
        set
        {
            Revision++;
            for (var i = 0; i < _added.Length; i++)
            {
                if (_added[i].Type != key) continue;
                _added[i].Feature = value;
                return;
            }

            _added = [.. _added, (key, value)];
        }
    }

    public TFeature? Get<TFeature>() => (TFeature?)this[typeof(TFeature)];

    public void Set<TFeature>(TFeature? instance) => this[typeof(TFeature)] = instance;

    public IEnumerator<KeyValuePair<Type, object>> GetEnumerator()
    {
        foreach (var (type, feature) in _added)
        {
            if (feature is not null) yield return new KeyValuePair<Type, object>(type, feature);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
