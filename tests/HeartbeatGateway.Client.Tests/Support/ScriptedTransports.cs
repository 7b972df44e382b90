using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Threading.Channels;
using HeartbeatGateway.Client.Transport;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Client.Tests.Support;

/// <summary>An in-memory network: the test controls the result of each connect and gets the gateway's end of the connection.</summary>
internal sealed class ScriptedTransports(TokenKeyringOptions tokens, TimeProvider time) : ITransportFactory
{
    private readonly TokenKeyring _keyring = new(tokens, TokenRole.Gateway);
    private readonly Channel<ServerConnection> _accepted = Channel.CreateUnbounded<ServerConnection>();
    private int _open;

    /// <summary>The addresses of all connects, in order.</summary>
    public ConcurrentQueue<GatewayAddress> Tried { get; } = new();

    /// <summary>Called before a connect; may throw to make it fail, or wait to delay it.</summary>
    public Func<GatewayAddress, CancellationToken, Task>? Connecting { get; set; }

    public Func<string, CancellationToken, Task<IPAddress[]>> Resolving { get; set; } = (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]);

    /// <summary>The number of bytes that the client can have in flight before its writes wait.</summary>
    public int WriteWindow { get; set; } = 64 * 1024 * 1024;

    /// <summary>The number of connections that the client has not closed.</summary>
    public int Open => Volatile.Read(ref _open);

    public Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) => Resolving(host, cancellationToken);

    public async Task<ClientTransport> ConnectAsync(GatewayAddress address, CancellationToken cancellationToken)
    {
        Tried.Enqueue(address);
        if (Connecting is not null) await Connecting(address, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        var toClient = new Pipe(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
        var toServer = new Pipe(
            new PipeOptions(pauseWriterThreshold: WriteWindow, resumeWriterThreshold: WriteWindow / 2, useSynchronizationContext: false));
        var transport = new PipeTransport(new PipeStream(toClient.Reader, toServer.Writer), address.EndPoint, () => Interlocked.Decrement(ref _open));
        Interlocked.Increment(ref _open);
        var server = new ServerConnection(toServer.Reader, toClient.Writer, _keyring, time, transport);
        transport.Pipe.BytesSent = () => server.BytesSent;
        _accepted.Writer.TryWrite(server);
        return transport;
    }

    public Task SecureAsync(ClientTransport transport, GatewayAddress address, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The gateway's end of the next connection.</summary>
    public Task<ServerConnection> AcceptAsync() => _accepted.Reader.ReadAsync().AsTask().WaitAsync(Wait.Limit);

    public bool TryAccept(out ServerConnection connection) => _accepted.Reader.TryRead(out connection!);
}
