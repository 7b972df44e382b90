using System.Collections.Concurrent;
using System.Net;
using HeartbeatGateway.Protocol.Tokens;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace HeartbeatGateway.Client.Tests.Support;

/// <summary>A client with an in-memory network and a fake clock.</summary>
internal sealed class ClientHarness : IAsyncDisposable
{
    public const string Secret = "a secret for tests only";

    public static readonly TokenKeyringOptions Tokens = new() { Secrets = [new TokenSecret("k1", Secret)] };

    /// <summary>Options of an identified client that connects immediately.</summary>
    public static readonly GatewayClientOptions Options = new()
    {
        Endpoints = [new IPEndPoint(IPAddress.Parse("192.0.2.1"), 8081)],
        Tokens = Tokens,
        ClientId = "pump-17",
        InitialJitter = TimeSpan.Zero,
    };

    /// <summary>Options of a client that asks for acknowledgements.</summary>
    public static readonly GatewayClientOptions Acknowledged = Options with { Acknowledgements = true };

    public ClientHarness(GatewayClientOptions? options = null, TestClock? time = null)
    {
        options ??= Options;
        Time = time ?? new TestClock(new DateTimeOffset(2026, 11, 22, 10, 0, 0, TimeSpan.Zero));
        Network = new ScriptedTransports(options.Tokens, Time);
        var loggers = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Trace).AddProvider(new FakeLoggerProvider(Logs)));
        Client = new GatewayClient(options, loggers, Time, Meters, Network, Random);
        States = new StateLog(Client);
        Client.HeartbeatAnswered += (_, roundTrip) => RoundTrips.Enqueue(roundTrip);
    }

    public TestClock Time { get; }

    public ScriptedTransports Network { get; }

    public FixedRandom Random { get; } = new(1);

    public FakeLogCollector Logs { get; } = new();

    public TestMeters Meters { get; } = new();

    public GatewayClient Client { get; }

    public StateLog States { get; }

    public ConcurrentQueue<TimeSpan> RoundTrips { get; } = new();

    /// <summary>Starts the client if it is not started, and answers its hello and ping.</summary>
    public async Task<ServerConnection> ConnectAsync()
    {
        Client.Start();
        var server = await Network.AcceptAsync();
        await server.WelcomeAsync();
        await States.UntilAsync(GatewayClientStatus.Connected);
        return server;
    }

    /// <summary>Starts the client if it is not started, and grants it acknowledgements.</summary>
    public async Task<ServerConnection> GrantAsync(long generation = 1000, long? accepted = null, string pushes = "pushes-1")
    {
        Client.Start();
        var server = await Network.AcceptAsync();
        await server.GrantAsync(generation, accepted, pushes);
        await States.UntilAsync(s => s is { Status: GatewayClientStatus.Connected, AcknowledgementsGranted: true }, "a connection with acknowledgements");
        return server;
    }

    /// <summary>Cuts the connection and waits until the client has noticed, with the clock at its next attempt.</summary>
    public async Task<DisconnectInfo> CutAsync(ServerConnection server)
    {
        server.Reset();
        var end = (await States.UntilAsync(GatewayClientStatus.Waiting)).LastDisconnect!;
        Pass(1);
        return end;
    }

    /// <summary>Advances the clock in small steps, so that the client detects no stall.</summary>
    public void Pass(TimeSpan time)
    {
        var step = TimeSpan.FromMilliseconds(250);
        for (; time > step; time -= step) Time.Advance(step);
        Time.Advance(time);
    }

    public void Pass(double seconds) => Pass(TimeSpan.FromSeconds(seconds));

    /// <summary>Waits until the client has read this number of ping answers.</summary>
    public Task RoundTripsAsync(int count) => Wait.UntilAsync(() => RoundTrips.Count >= count, $"{count} answers");

    public async ValueTask DisposeAsync()
    {
        var disposing = Client.DisposeAsync().AsTask();
        while (!disposing.IsCompleted)
        {
            // The graceful shutdown waits for the gateway's end of stream, which most tests do not send.
            Time.Advance(TimeSpan.FromMilliseconds(500));
            await Task.WhenAny(disposing, Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System));
        }

        await disposing;
        Assert.Equal(GatewayClientStatus.Stopped, Client.State.Status);
        Assert.Equal(0, Network.Open);
        // Thrown, not asserted, so that the test output contains the whole stack trace.
        var fault = Logs.GetSnapshot().FirstOrDefault(line => line.Id.Name == "InternalFault");
        if (fault is not null) throw new InvalidOperationException("A fault in the client library was logged.", fault.Exception);
        Assert.DoesNotContain(Logs.GetSnapshot(), line => line.Message.Contains(Secret, StringComparison.Ordinal));
        Assert.Equal(0, Meters["connected"]);
        Meters.Dispose();
    }
}
