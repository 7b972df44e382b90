using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Tests.Support;

namespace HeartbeatGateway.Tests.Transport;

/// <summary>What a client costs on each transport, over real sockets. No other test runs in the process during a measurement.</summary>
[CollectionDefinition(nameof(TransportCostTests), DisableParallelization = true)]
[Collection(nameof(TransportCostTests))]
public sealed class TransportCostTests
{
    /// <summary>Other work in the process only adds to a measurement, so the least of these tries counts.</summary>
    private const int Tries = 3;

    [Theory]
    [InlineData("Sockets")]
    [InlineData("Epoll")]
    public async Task A_ping_and_its_answer_allocate_nothing(string transport)
    {
        const int Pings = 1000;
        Assert.SkipUnless(OperatingSystem.IsLinux() || transport == "Sockets", "SKIPPED: epoll needs Linux");
        await using var host = await StartAsync(transport);
        using var client = Connect(host);
        var ping = TestSecrets.ClientKeyring().Keys[0].Named.Ping(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()).ToArray();
        var answer = new byte[ping.Length];
        Run();
        var least = double.MaxValue;
        for (var i = 0; i < Tries; i++)
        {
            var (all, own) = (GC.GetTotalAllocatedBytes(precise: true), GC.GetAllocatedBytesForCurrentThread());
            Run();
            // The client's calls allocate on this thread.
            own = GC.GetAllocatedBytesForCurrentThread() - own;
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - all - own) / (double)Pings);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{least:0.0} bytes a ping");
        // An allocation at each ping would be 24 bytes at least. Timers and the thread pool allocate now and then.
        Assert.InRange(least, 0, 8);

        void Run()
        {
            for (var i = 0; i < Pings; i++) Exchange(client, ping, answer);
        }
    }

    /// <summary>Kestrel's connections on sockets keep pipes and their blocks, so this holds on epoll alone.</summary>
    [Fact]
    public async Task On_epoll_an_idle_client_holds_no_buffer()
    {
        // The smallest one that a read or a flush takes from the pool.
        const int Buffer = 4096;
        const int Clients = 1000;
        Assert.SkipUnless(OperatingSystem.IsLinux(), "SKIPPED: epoll needs Linux");
        await using var host = await StartAsync("Epoll");
        using var warm = Connect(host);
        var least = double.MaxValue;
        for (var i = 0; i < Tries; i++)
        {
            var clients = new List<Socket>(Clients);
            var before = GC.GetTotalMemory(forceFullCollection: true);
            while (clients.Count < Clients) clients.Add(Connect(host));
            least = Math.Min(least, (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)Clients);
            clients.ForEach(c => c.Dispose());
            await host.ReachesAsync("heartbeatgateway_connected_clients", 1);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{least:0} bytes a client, its own socket in this process included");
        Assert.InRange(least, 0, Buffer - 1);
    }

    private static Task<ServiceHost> StartAsync(string transport) => ServiceHost.StartAsync($"--Gateway:Tcp:Transport={transport}", "--Gateway:Heartbeat:ReaderIdle=00:05:00");

    /// <summary>Connects a client, whose ping is answered. By calls that block: the state of asynchronous ones stays with a socket.</summary>
    private static Socket Connect(ServiceHost host)
    {
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.Connect(IPAddress.Loopback, host.TcpPort);
        var ping = TestSecrets.ClientKeyring().Keys[0].Named.Ping(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()).ToArray();
        Exchange(client, ping, new byte[ping.Length]);
        return client;
    }

    private static void Exchange(Socket client, byte[] ping, byte[] answer)
    {
        client.Send(ping);
        for (var read = 0; read < answer.Length;)
        {
            var count = client.Receive(answer, read, answer.Length - read, SocketFlags.None);
            if (count == 0) throw new EndOfStreamException("The gateway closed the connection.");
            read += count;
        }
    }
}
