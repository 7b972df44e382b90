using System.Globalization;
using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Faults.Tests.Support;

/// <summary>
/// A real gateway with what must stay true through every fault: a canary keeps its connection, opened = connected + handshaking + closed,
/// and descriptors come back to where they were.
/// </summary>
internal sealed class WatchedGateway : IAsyncDisposable
{
    private static readonly TimeSpan ToTheBaseline = TimeSpan.FromSeconds(20);

    private int _descriptors;

    private WatchedGateway(GatewayProcess process, Canary canary)
    {
        Process = process;
        Canary = canary;
    }

    public GatewayProcess Process { get; }

    public Canary Canary { get; }

    /// <summary>Resident memory, in bytes.</summary>
    public long ResidentBytes => long.Parse(Status("VmRSS").Split(' ')[0], CultureInfo.InvariantCulture) * 1024;

    /// <summary>Processor time used so far.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            // Behind the name, which may hold anything but ends with the last parenthesis: state is field 3, utime 14, stime 15, in ticks of 10 ms (proc(5)).
            var stat = File.ReadAllText($"/proc/{Process.Id}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return TimeSpan.FromMilliseconds((long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) * 10);
        }
    }

    /// <summary>The program itself.</summary>
    public static Task<WatchedGateway> StartAsync(params (string Name, string? Value)[] settings) => StartAsync(new GatewayLaunch(), settings);

    /// <summary>The service in a host that does what clients tell it, see <c>tests/support/FaultHost</c>.</summary>
    public static Task<WatchedGateway> StartFaultHostAsync(params (string Name, string? Value)[] settings) =>
        StartAsync(new GatewayLaunch { Command = ["dotnet", Repository.FaultHostDll] }, settings);

    /// <param name="launch">Where and how.</param>
    /// <param name="settings">Environment variables.</param>
    public static async Task<WatchedGateway> StartAsync(GatewayLaunch launch, params (string Name, string? Value)[] settings)
    {
        var process = await GatewayProcess.StartAsync(launch, [("Serilog__MinimumLevel__Override__HeartbeatGateway.Connections", "Warning"), .. settings]);
        try
        {
            // The runtime opens what it needs when it first needs it.
            using (var garbage = await SocketClient.ConnectAsync(process.EndPoint))
            {
                await garbage.SendAsync(new byte[64]);
                await garbage.EndsAsync(TimeSpan.FromSeconds(10));
            }

            await process.Http.GetStringAsync("/livez");
            var gateway = new WatchedGateway(process, await Canary.StartAsync(process.EndPoint, settings.Contains(("Gateway__Tokens__Scheme", "none")) ? TokenScheme.None : TokenScheme.HmacSha256));
            await process.ReachesAsync("heartbeatgateway_connected_clients", 1);
            gateway._descriptors = gateway.CountDescriptors();
            return gateway;
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sockets, pipes and the like; files are libraries, which the runtime opens and keeps.</summary>
    public int CountDescriptors() => Directory.EnumerateFiles($"/proc/{Process.Id}/fd").Count(IsNoFile);

    /// <summary>Fails unless, with everybody but the canary gone, all is as before.</summary>
    public async Task AssertRecoveredAsync()
    {
        await Canary.AssertAliveAsync();
        await Process.ReachesAsync("heartbeatgateway_handshaking_connections", 0);
        GatewayProcess.AssertBalanced(await Process.ReachesAsync("heartbeatgateway_connected_clients", 1));
        using var timeout = new CancellationTokenSource(ToTheBaseline, TimeProvider.System);
        while (CountDescriptors() > _descriptors)
        {
            if (timeout.IsCancellationRequested) throw new TimeoutException($"{CountDescriptors()} descriptors are open, {_descriptors} were before.");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Canary.DisposeAsync();
        await Process.DisposeAsync();
    }

    private static bool IsNoFile(string descriptor)
    {
        try
        {
            return File.ResolveLinkTarget(descriptor, returnFinalTarget: false) is { } target && target.Name.Contains(':', StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // Closed since it was listed.
            return false;
        }
    }

    private string Status(string name) =>
        File.ReadLines($"/proc/{Process.Id}/status").Single(l => l.StartsWith(name + ":", StringComparison.Ordinal))[(name.Length + 1)..].Trim();
}
