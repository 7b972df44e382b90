using System.Collections;
using Microsoft.AspNetCore.Http.Features;

namespace HeartbeatGateway.Epoll;

/// <content>
/// The features of a connection: those that the connection itself is, and the few that a server adds, the first of them without an array. Not thread-safe, as in
/// Kestrel.
/// </content>
internal sealed partial class EpollConnection : IFeatureCollection
{
    /// <summary>A server adds four features.</summary>
    private const int Growth = 3;

    private Type? _firstType;
    private object? _first;
    private KeyValuePair<Type, object?>[]? _more;
    private int _revision;

    bool IFeatureCollection.IsReadOnly => false;

    int IFeatureCollection.Revision => _revision;

    object? IFeatureCollection.this[Type key]
    {
        get
        {
            if (_firstType == key) return _first;
            foreach (var (type, feature) in _more.AsSpan())
            {
                if (type == key) return feature;
            }

            return key.IsInstanceOfType(this) ? this : null;
        }
        set
        {
            _revision++;
            if (_firstType == key || (_firstType is null && IndexOfMore(key) < 0)) (_firstType, _first) = (value is null ? null : key, value);
            else SetMore(key, value);
        }
    }

    TFeature? IFeatureCollection.Get<TFeature>() where TFeature : default => (TFeature?)Features[typeof(TFeature)];

    void IFeatureCollection.Set<TFeature>(TFeature? instance) where TFeature : default => Features[typeof(TFeature)] = instance;

    IEnumerator<KeyValuePair<Type, object>> IEnumerable<KeyValuePair<Type, object>>.GetEnumerator()
    {
        if (_firstType is not null) yield return new(_firstType, _first!);
        foreach (var (type, feature) in _more ?? [])
        {
            if (feature is not null) yield return new(type, feature);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => ((IEnumerable<KeyValuePair<Type, object>>)this).GetEnumerator();

    private void SetMore(Type key, object? value)
    {
        var at = IndexOfMore(key);
        if (at < 0 && value is null) return;
        _more ??= new KeyValuePair<Type, object?>[Growth];
        if (at < 0) at = Array.FindIndex(_more, static entry => entry.Value is null);
        if (at < 0)
        {
            at = _more.Length;
            Array.Resize(ref _more, at + Growth);
        }

        _more[at] = new(key, value);
    }

    private int IndexOfMore(Type key)
    {
        for (var i = 0; i < (_more?.Length ?? 0); i++)
        {
            if (_more![i].Key == key) return i;
        }

        return -1;
    }
}
