using System.Net;
using HeartbeatGateway.Million.Transport;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace HeartbeatGateway.Benchmarks;

/// <summary>A whole engine on the real clock, with clients in memory that accept everything that is sent to them.</summary>
internal sealed class Engine : IMemoryPeer, IDisposable
{
    private readonly TestMeterFactory _meters = new();
    private readonly GatewayConnectionHandler _handler;

    /// <param name="perClient">The key is a master, and each client has a secret of its own.</param>
    public Engine(bool perClient = false)
    {
        var options = new GatewayOptions();
        options.Admission.MaxConnections = 0;
        options.Tokens.Keys.Add(new TokenKeyOptions { Id = TestSecrets.KeyId, Secret = TestSecrets.Secret, PerClient = perClient });
        Gateway = new GatewayEngine(options, sink: null, TimeProvider.System, _meters, NullLoggerFactory.Instance);
        _handler = Gateway.Handler;
    }

    public GatewayEngine Gateway { get; }

    /// <summary>The number of bytes sent to clients.</summary>
    public long Received { get; private set; }

    /// <summary>A connection that the engine reads.</summary>
    public MemoryConnection Connect()
    {
        var connection = CreateConnection();
        _ = _handler.OnConnectedAsync(connection);
        return connection;
    }

    /// <summary>A connection that is not passed to the engine.</summary>
    public MemoryConnection CreateConnection() => new(this, 0, new IPEndPoint(IPAddress.Loopback, 1));

    public void Dispose()
    {
        Gateway.Dispose();
        _meters.Dispose();
    }

    void IMemoryPeer.Received(int client, ReadOnlySpan<byte> bytes) => Received += bytes.Length;

    void IMemoryPeer.Closed(int client)
    {
    }
}
