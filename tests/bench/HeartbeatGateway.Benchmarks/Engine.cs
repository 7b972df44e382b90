using System.Net;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Million.Transport;
using HeartbeatGateway.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace HeartbeatGateway.Benchmarks;

/// <summary>A whole engine on the real clock, whose clients are in memory and take whatever is sent to them.</summary>
internal sealed class Engine : IMemoryPeer, IDisposable
{
    private readonly TestMeterFactory _meters = new();
    private readonly GatewayConnectionHandler _handler;

    public Engine()
    {
        var options = new GatewayOptions();
        options.Admission.MaxConnections = 0;
        options.Tokens.Keys.Add(new TokenKeyOptions { Id = TestSecrets.KeyId, Secret = TestSecrets.Secret });
        Gateway = new GatewayEngine(options, sink: null, TimeProvider.System, _meters, NullLoggerFactory.Instance);
        _handler = new GatewayConnectionHandler(Gateway);
    }

    public GatewayEngine Gateway { get; }

    /// <summary>Bytes that clients were sent.</summary>
    public long Received { get; private set; }

    /// <summary>A connection that the gateway reads from.</summary>
    public MemoryConnection Connect()
    {
        var connection = Unread();
        _ = _handler.OnConnectedAsync(connection);
        return connection;
    }

    /// <summary>A connection that nobody has been given.</summary>
    public MemoryConnection Unread() => new(this, 0, new IPEndPoint(IPAddress.Loopback, 1));

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
