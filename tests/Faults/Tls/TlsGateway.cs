using System.Net.Security;
using System.Net.Sockets;
using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;
using HeartbeatGateway.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Tls;

/// <summary>A real gateway whose clients speak TLS, and clients of it on .NET's own TLS.</summary>
internal sealed class TlsGateway : IAsyncDisposable
{
    private readonly TestCertificates _certificates;

    private TlsGateway(TestCertificates certificates, GatewayProcess process) => (_certificates, Process) = (certificates, process);

    public GatewayProcess Process { get; }

    /// <summary>Where its clients connect to.</summary>
    public ClientPort Port => new(Process.EndPoint, _certificates.Authority);

    /// <summary>Resident memory of the gateway, in bytes.</summary>
    public long ResidentBytes => WatchedGateway.ResidentBytesOf(Process.Id);

    public static async Task<TlsGateway> StartAsync(GatewayLaunch launch, params (string Name, string? Value)[] settings)
    {
        var certificates = new TestCertificates();
        try
        {
            var process = await GatewayProcess.StartAsync(
                launch,
                [("Gateway__Tls__CertificateFile", certificates.CertificateFile), ("Gateway__Tls__KeyFile", certificates.KeyFile), ("Serilog__MinimumLevel__Override__HeartbeatGateway.Server", "Warning"), .. settings]);
            return new TlsGateway(certificates, process);
        }
        catch
        {
            certificates.Dispose();
            throw;
        }
    }

    /// <summary>A client whose handshake is done.</summary>
    public async Task<SslStream> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(Process.EndPoint);
        return (await Port.SecureAsync(socket, ownsSocket: true))!;
    }

    /// <summary>Sends a ping and reads its answer.</summary>
    public static async Task PingAsync(Stream client)
    {
        await client.WriteAsync(SocketClient.PingNow);
        await client.ReadExactlyAsync(new byte[158]);
    }

    /// <summary>The longest time that one of some clients waited for an answer while something else was going on. Each has one ping under way at all times.</summary>
    public async Task<TimeSpan> WorstPongAsync(int clients, Func<Task> meanwhile)
    {
        using var done = new CancellationTokenSource();
        var streams = new List<SslStream>();
        for (var i = 0; i < clients; i++) streams.Add(await ConnectAsync());
        foreach (var stream in streams) await PingAsync(stream);
        var pinging = streams.ConvertAll(stream => Task.Run(() => WorstPongAsync(stream, done.Token)));
        try
        {
            await meanwhile();
        }
        finally
        {
            await done.CancelAsync();
        }

        var worst = await Task.WhenAll(pinging);
        foreach (var stream in streams) await stream.DisposeAsync();
        return worst.Max();
    }

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        _certificates.Dispose();
    }

    private static async Task<TimeSpan> WorstPongAsync(SslStream stream, CancellationToken done)
    {
        var worst = TimeSpan.Zero;
        while (!done.IsCancellationRequested)
        {
            var began = TimeProvider.System.GetTimestamp();
            await PingAsync(stream);
            var took = TimeProvider.System.GetElapsedTime(began);
            if (took > worst) worst = took;
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, CancellationToken.None);
        }

        return worst;
    }
}
