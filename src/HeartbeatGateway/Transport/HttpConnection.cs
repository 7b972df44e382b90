using System.Net;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Transport;

/// <summary>One of the operators' HTTP connections, as <see cref="HttpConnectionTable"/> ranks it. A feature of the connection and of its requests.</summary>
internal sealed class HttpConnection(object key, IPAddress? address, bool isLocal, long accepted)
{
    private int _requests;
    private int _state;
    private long _since = accepted;

    /// <summary>Identifies it also while it has not become a connection yet.</summary>
    public object Key { get; } = key;

    /// <summary>Its peer, an IPv6 address as its /64 network; null for a socket that reports none.</summary>
    public IPAddress? Address { get; } = address;

    /// <summary>The peer is on this machine.</summary>
    public bool IsLocal { get; } = isLocal;

    /// <summary>The timestamp since which it waits for a request or has one in progress.</summary>
    public long Since => Volatile.Read(ref _since);

    /// <summary>The connection; null until it was created. Set under the table's lock.</summary>
    public ConnectionContext? Connection { get; set; }

    public HttpConnectionState State => (HttpConnectionState)Volatile.Read(ref _state);

    /// <summary>The headers of a request were read.</summary>
    /// <param name="isHealthCheck">It asks for a health page.</param>
    /// <param name="now">The current timestamp.</param>
    /// <returns>True for the first request.</returns>
    public bool BeginRequest(bool isHealthCheck, long now)
    {
        var isFirst = Interlocked.Increment(ref _requests) == 1;
        // A peer that sends health checks without end must not be protected without end.
        Set(isFirst && isHealthCheck ? HttpConnectionState.HealthCheck : HttpConnectionState.Request, now);
        return isFirst;
    }

    /// <summary>The request was handled; at most the last bytes of the answer are unsent.</summary>
    /// <param name="now">The current timestamp.</param>
    public void EndRequest(long now) => Set(HttpConnectionState.Waiting, now);

    private void Set(HttpConnectionState state, long now)
    {
        Volatile.Write(ref _since, now);
        Volatile.Write(ref _state, (int)state);
    }
}

/// <summary>What a connection is doing. When places are short, the first state is closed first and the last one never.</summary>
internal enum HttpConnectionState
{
    /// <summary>It has sent no complete request headers since it opened, or since its last request.</summary>
    Waiting,

    /// <summary>A request is in progress.</summary>
    Request,

    /// <summary>Its first request is in progress, and asks for a health page.</summary>
    HealthCheck,
}
