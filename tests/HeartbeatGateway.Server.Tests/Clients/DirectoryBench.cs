using System.IO.Pipelines;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Connection;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Testing;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Server.Tests.Clients;

/// <summary>A directory alone, with connections that no loop reads, so that a test chooses every number and every order.</summary>
internal sealed class DirectoryBench : IDisposable
{
    private readonly EngineHarness _gateway = new();
    private readonly DefaultConnectionContext _transport;

    public DirectoryBench(long window = 1_000, int maxRemembered = 1_000, int logCapacity = PresenceEventBuffer.DefaultCapacity)
    {
        Log = new PresenceEventBuffer(_gateway.Time, logCapacity);
        Directory = new ClientDirectory(Log, window, maxRemembered);
        // One transport for all connections: nothing is ever sent.
        var (transport, application) = DuplexPipe();
        _transport = new DefaultConnectionContext("bench", transport, application);
    }

    public PresenceEventBuffer Log { get; }

    public ClientDirectory Directory { get; }

    public GatewayConnection Connection() => new(_gateway.Engine.Lifecycle, _transport, default(AddressKey), isProbe: false);

    public ClientRegistration Enter(GatewayConnection connection, HelloPayload hello, long unixMilliseconds = 0, long now = 0) =>
        Directory.Enter(connection, hello, readerIdle: 0, maxContentBytes: 65_536, unixMilliseconds, now);

    /// <summary>A client connects and disconnects.</summary>
    public ClientRegistration ConnectAndDisconnect(string clientId, long unixMilliseconds = 0, long now = 0)
    {
        var connection = Connection();
        var registration = Enter(connection, EngineHarness.Hello(clientId), unixMilliseconds, now);
        connection.Close(new CloseRequest(CloseReason.PeerClosed));
        Directory.Leave(connection, now);
        return registration;
    }

    /// <summary>The events after the given sequence number.</summary>
    public async Task<IReadOnlyList<PresenceEvent>> EventsAsync(long after = 0)
    {
        var events = new List<PresenceEvent>();
        for (var last = Log.LastSequence; after < last; after = events[^1].Sequence)
        {
            await using var following = Log.FollowAsync(after, TestContext.Current.CancellationToken).GetAsyncEnumerator();
            Assert.True(await following.MoveNextAsync());
            events.Add(following.Current);
        }

        return events;
    }

    public void Dispose() => _gateway.Dispose();

    private static (IDuplexPipe Transport, IDuplexPipe Application) DuplexPipe()
    {
        var options = new PipeOptions(readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, useSynchronizationContext: false);
        var (input, output) = (new Pipe(options), new Pipe(options));
        return (new DuplexEnd(input.Reader, output.Writer), new DuplexEnd(output.Reader, input.Writer));
    }

    private sealed record DuplexEnd(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
