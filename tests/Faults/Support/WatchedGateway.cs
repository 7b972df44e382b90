using System.Globalization;
using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Support;

/// <summary>
/// A real gateway with the conditions that hold after every fault: the canary keeps its connection, the metrics balance
/// (opened = connected + handshaking + closed), and the number of file descriptors returns to its baseline.
/// </summary>
internal sealed class WatchedGateway : IAsyncDisposable
{
    private static readonly TimeSpan ToBaseline = TimeSpan.FromSeconds(20);

    private readonly TestCertificates? _certificates;
    private int _descriptors;

    private WatchedGateway(GatewayProcess process, ClientPort port, Canary canary, TestCertificates? certificates)
    {
        (Process, Port, Canary) = (process, port, canary);
        _certificates = certificates;
    }

    public GatewayProcess Process { get; }

    /// <summary>Where its clients connect to.</summary>
    public ClientPort Port { get; }

    public Canary Canary { get; }

    /// <summary>Resident memory, in bytes.</summary>
    public long ResidentBytes => ResidentBytesOf(Process.Id);

    /// <summary>Processor time used so far.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            // Fields after the name, which may contain any character but ends at the last parenthesis: state is field 3, utime 14, stime 15,
            // in ticks of 10 ms (proc(5)).
            var stat = File.ReadAllText($"/proc/{Process.Id}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return TimeSpan.FromMilliseconds((long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) * 10);
        }
    }

    /// <summary>Starts the gateway program itself.</summary>
    public static Task<WatchedGateway> StartAsync(params (string Name, string? Value)[] settings) => StartAsync(new GatewayLaunch(), settings);

    /// <summary>Starts the gateway program itself, for clients over TLS or over plain TCP.</summary>
    public static Task<WatchedGateway> StartAsync(bool tls, params (string Name, string? Value)[] settings) => StartAsync(new GatewayLaunch(), tls, settings);

    /// <inheritdoc cref="StartFaultHostAsync((string, string)[])"/>
    public static Task<WatchedGateway> StartFaultHostAsync(bool tls, params (string Name, string? Value)[] settings) =>
        StartAsync(new GatewayLaunch { Command = ["dotnet", Repository.FaultHostDll] }, tls, settings);

    /// <summary>Starts the service in the fault host, which executes commands of clients: see <c>tests/support/FaultHost</c>.</summary>
    public static Task<WatchedGateway> StartFaultHostAsync(params (string Name, string? Value)[] settings) =>
        StartAsync(new GatewayLaunch { Command = ["dotnet", Repository.FaultHostDll] }, settings);

    public static Task<WatchedGateway> StartAsync(GatewayLaunch launch, params (string Name, string? Value)[] settings) => StartAsync(launch, tls: false, settings);

    /// <param name="launch">The command and the address of the gateway.</param>
    /// <param name="tls">True: clients, and the canary, speak TLS.</param>
    /// <param name="settings">Environment variables.</param>
    public static async Task<WatchedGateway> StartAsync(GatewayLaunch launch, bool tls, params (string Name, string? Value)[] settings)
    {
        var certificates = tls ? new TestCertificates() : null;
        GatewayProcess? process = null;
        try
        {
            process = await GatewayProcess.StartAsync(
                launch, [("Serilog__MinimumLevel__Override__HeartbeatGateway.Server", "Warning"), .. TlsSettings(certificates), .. settings]);
            var port = new ClientPort(process.EndPoint, certificates?.Authority);
            await WarmUpAsync(process.EndPoint);
            if (tls) await WarmUpAsync(port);
            await process.Http.GetStringAsync("/livez");
            var scheme = settings.Contains(("Gateway__Tokens__Scheme", "none")) ? TokenScheme.None : TokenScheme.HmacSha256;
            var gateway = new WatchedGateway(process, port, await Canary.StartAsync(port, scheme), certificates);
            await process.ReachesAsync("heartbeatgateway_connected_clients", 1);
            gateway._descriptors = gateway.CountDescriptors();
            return gateway;
        }
        catch
        {
            if (process is not null) await process.DisposeAsync();
            certificates?.Dispose();
            throw;
        }
    }

    /// <summary>Open sockets, pipes and the like. Regular files do not count: they are libraries, which the runtime opens and keeps.</summary>
    public int CountDescriptors() => Directory.EnumerateFiles($"/proc/{Process.Id}/fd").Count(IsNoFile);

    /// <summary>With all clients except the canary disconnected: fails unless metrics and descriptors are back at the baseline.</summary>
    public async Task AssertRecoveredAsync()
    {
        await Canary.AssertAliveAsync();
        await Process.ReachesAsync("heartbeatgateway_handshaking_connections", 0);
        GatewayProcess.AssertBalanced(await Process.ReachesAsync("heartbeatgateway_connected_clients", 1));
        using var timeout = new CancellationTokenSource(ToBaseline, TimeProvider.System);
        while (CountDescriptors() > _descriptors)
        {
            if (timeout.IsCancellationRequested) throw new TimeoutException($"{CountDescriptors()} descriptors are open; the baseline is {_descriptors}.");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Canary.DisposeAsync();
        await Process.DisposeAsync();
        _certificates?.Dispose();
    }

    /// <summary>Environment variables for a gateway whose clients speak TLS; none without certificates.</summary>
    private static (string Name, string? Value)[] TlsSettings(TestCertificates? certificates) =>
        certificates is null ? [] : [("Gateway__Tls__CertificateFile", certificates.CertificateFile), ("Gateway__Tls__KeyFile", certificates.KeyFile)];

    /// <summary>Before the baseline is taken: the runtime opens some descriptors on first use.</summary>
    private static async Task WarmUpAsync(ClientPort port)
    {
        using var garbage = await port.ConnectAsync();
        await garbage.SendAsync(new byte[64]);
        await garbage.EndsAsync(TimeSpan.FromSeconds(10));
    }

    private static bool IsNoFile(string descriptor)
    {
        try
        {
            return File.ResolveLinkTarget(descriptor, returnFinalTarget: false) is { } target && target.Name.Contains(':', StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // The descriptor was closed after it was listed.
            return false;
        }
    }

    /// <summary>Resident memory of a process, in bytes.</summary>
    public static long ResidentBytesOf(int process) => long.Parse(Status(process, "VmRSS").Split(' ')[0], CultureInfo.InvariantCulture) * 1024;

    private static string Status(int process, string name) =>
        File.ReadLines($"/proc/{process}/status").Single(l => l.StartsWith(name + ":", StringComparison.Ordinal))[(name.Length + 1)..].Trim();
}
