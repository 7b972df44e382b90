using System.Net.Sockets;
using HeartbeatGateway.Epoll.Tests.Support;
using HeartbeatGateway.Fuzz;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Epoll.Tests.Fuzz;

/// <summary>A client on a real socket, whose connection the engine has by the epoll transport.</summary>
internal sealed class EpollClient : IFuzzedClient
{
    private readonly Socket _peer;
    private readonly byte[] _discarded = new byte[64 * 1024];

    public EpollClient(Wire wire, EngineHarness gateway)
    {
        (var server, _peer) = wire.Connect();
        Handler = ServeAsync(server, gateway);
    }

    public Task Handler { get; }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            while (bytes.Length > 0) bytes = bytes[await _peer.SendAsync(bytes)..];
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
        {
            // The gateway has closed the connection, and the handler ends.
            await Handler.WaitAsync(Peers.Patience);
        }
    }

    public void DiscardAnswers()
    {
        // A reset discards what has arrived, also between the two calls.
        while (_peer.Available > 0) _peer.Receive(_discarded, SocketFlags.None, out _);
    }

    public void End(bool isReset)
    {
        if (isReset) _peer.Close(timeout: 0);
        else _peer.Shutdown(SocketShutdown.Send);
    }

    public void Dispose() => _peer.Dispose();

    /// <summary>As a server does: when the handler returns, the connection is closed.</summary>
    private static async Task ServeAsync(EpollConnection server, EngineHarness gateway)
    {
        await gateway.Engine.Handler.OnConnectedAsync(server);
        await server.Transport.Input.CompleteAsync();
        await server.Transport.Output.CompleteAsync();
        await server.DisposeAsync();
    }
}
