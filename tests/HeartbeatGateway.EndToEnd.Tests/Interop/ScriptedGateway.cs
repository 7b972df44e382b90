using System.Buffers;
using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Protocol.Identity;

namespace HeartbeatGateway.EndToEnd.Tests.Interop;

/// <summary>A gateway that a test scripts, including behaviour that the real gateway never shows.</summary>
internal sealed class ScriptedGateway : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public ScriptedGateway() => _listener.Start();

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Accepts the next connection and reads its hello, which must be valid.</summary>
    public async Task<(ScriptedConnection Connection, HelloPayload Hello, string Token)> AcceptAsync()
    {
        var socket = await _listener.AcceptSocketAsync().WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
        socket.NoDelay = true;
        var connection = new ScriptedConnection(socket);
        var frame = await connection.ReadAsync();
        Assert.Equal("hello", frame?.Type);
        var reading = HelloPayload.Read(new ReadOnlySequence<byte>(frame!.Content));
        Assert.Equal(HelloOutcome.Valid, reading.Outcome);
        Assert.True(reading.AcceptsClose);
        return (connection, reading.Hello!, frame.Token);
    }

    public void Dispose() => _listener.Dispose();
}
