using System.Buffers;
using System.Net;
using HeartbeatGateway.Million.Transport;
using Microsoft.AspNetCore.Connections.Features;

namespace HeartbeatGateway.Server.Tests.MemoryTransport;

/// <summary>The in-memory connection of the one-million-connection benchmark, as a server sees it.</summary>
public sealed class MemoryConnectionTests : IMemoryPeer
{
    private readonly List<string> _seen = [];
    private readonly MemoryConnection _connection;

    public MemoryConnectionTests() => _connection = new MemoryConnection(this, 7, new IPEndPoint(IPAddress.Loopback, 1));

    [Fact]
    public async Task Flushed_and_unflushed_bytes_reach_the_peer_in_order_before_the_close()
    {
        var output = _connection.Transport.Output;
        output.Write("ab"u8);
        output.Write("c"u8);
        Assert.Equal(3, output.UnflushedBytes);
        Assert.Empty(_seen);
        Assert.False((await output.FlushAsync()).IsCompleted);
        output.Write(new byte[5000]);
        output.Write("d"u8);
        await _connection.DisposeAsync();
        await _connection.DisposeAsync();
        Assert.Equal(["7: 3", "7: 5001", "7 closed"], _seen);
        Assert.True(_connection.ConnectionClosed.IsCancellationRequested);
    }

    [Fact]
    public async Task A_peer_that_closes_ends_both_directions()
    {
        _connection.Hang();
        Assert.True((await _connection.Transport.Input.ReadAsync()).IsCompleted);
        _connection.Transport.Output.Write("abc"u8);
        Assert.True((await _connection.Transport.Output.FlushAsync()).IsCompleted);
        Assert.Empty(_seen);
    }

    [Fact]
    public async Task A_cancelled_flush_reports_the_cancellation_once()
    {
        _connection.Transport.Output.CancelPendingFlush();
        Assert.True((await _connection.Transport.Output.FlushAsync()).IsCanceled);
        Assert.False((await _connection.Transport.Output.FlushAsync()).IsCanceled);
    }

    [Fact]
    public void Features_are_those_of_the_connection_and_the_added_ones()
    {
        Assert.Same(_connection, _connection.Features.Get<IConnectionTransportFeature>());
        Assert.Null(_connection.Features.Get<IConnectionSocketFeature>());
        _connection.Features.Set<IConnectionHeartbeatFeature>(null);
        _connection.Features.Set("text");
        _connection.Features.Set("other text");
        Assert.Equal("other text", _connection.Features.Get<string>());
        Assert.Equal("other text", Assert.Single(_connection.Features).Value);
    }

    void IMemoryPeer.Received(int client, ReadOnlySpan<byte> bytes) => _seen.Add($"{client}: {bytes.Length}");

    void IMemoryPeer.Closed(int client) => _seen.Add($"{client} closed");
}
