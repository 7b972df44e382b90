using System.Net.Sockets;
using System.Text;
using HeartbeatGateway.Deploy.Tests.Support;
using HeartbeatGateway.EndToEnd.Tests;

namespace HeartbeatGateway.Deploy.Tests.Systemd;

/// <summary>Tests of the notifications to systemd and of the system calls of the gateway.</summary>
public sealed class NotifyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("heartbeatgateway-notify-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Notifies_systemd_when_it_accepts_connections_and_when_it_stops()
    {
        var path = Path.Combine(_folder, "notify");
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        systemd.Bind(new UnixDomainSocketEndPoint(path));
        // .NET detects systemd by the name of the parent process. Here the parent is a shell with the name systemd, which waits for the gateway.
        var parent = Path.Combine(_folder, "systemd");
        File.CreateSymbolicLink(parent, "/bin/sh");
        await using var gateway = await GatewayProcess.StartAsync(
            new GatewayLaunch { Command = [parent, "-c", "dotnet \"$0\"; exit $?", Repository.GatewayDll] }, ("NOTIFY_SOCKET", path));
        Assert.Equal("READY=1", await ReceiveAsync(systemd));
        using var client = await SocketClient.ConnectAsync(gateway.TcpPort);
        await client.PingAsync();

        var service = (await File.ReadAllTextAsync($"/proc/{gateway.Id}/task/{gateway.Id}/children", TestContext.Current.CancellationToken)).Trim();
        (await Command.RunAsync("kill", ["-TERM", service])).Good();
        Assert.Equal("STOPPING=1", await ReceiveAsync(systemd));
        Assert.Equal(0, await gateway.ExitCodeAsync());
    }

    /// <summary>The unit hides the processes of other users (ProtectProc), so the gateway cannot see the name of its parent.</summary>
    [Fact]
    public async Task Notifies_the_watchdog_while_it_is_live_whatever_the_parent_is_called()
    {
        var path = Path.Combine(_folder, "notify");
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        systemd.Bind(new UnixDomainSocketEndPoint(path));
        await using var gateway = await GatewayProcess.StartAsync(("NOTIFY_SOCKET", path), ("WATCHDOG_USEC", "400000"));
        var received = new List<string>();
        while (received.Count(m => m == "WATCHDOG=1") < 4) received.Add(await ReceiveAsync(systemd));
        Assert.Contains("READY=1", received);
        gateway.Signal("TERM");
        while (received[^1] != "STOPPING=1") received.Add(await ReceiveAsync(systemd));
        Assert.Equal(0, await gateway.ExitCodeAsync());
        Assert.All(received, m => Assert.Contains(m, new[] { "READY=1", "WATCHDOG=1", "STOPPING=1" }));
    }

    [Fact]
    public async Task Does_not_notify_the_watchdog_of_another_process()
    {
        var path = Path.Combine(_folder, "notify");
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        systemd.Bind(new UnixDomainSocketEndPoint(path));
        await using var gateway = await GatewayProcess.StartAsync(("NOTIFY_SOCKET", path), ("WATCHDOG_USEC", "1000"), ("WATCHDOG_PID", "1"));
        Assert.Equal("READY=1", await ReceiveAsync(systemd));
        gateway.Signal("TERM");
        Assert.Equal("STOPPING=1", await ReceiveAsync(systemd));
        Assert.Equal(0, await gateway.ExitCodeAsync());
    }

    [Fact]
    public async Task The_unit_allows_every_system_call_of_the_gateway()
    {
        var trace = Path.Combine(_folder, "trace");
        await using (var gateway = await GatewayProcess.StartAsync(new GatewayLaunch { Command = [Tools.Strace(), "-f", "-qq", "-o", trace, "dotnet", Repository.GatewayDll] }))
        {
            using var client = await SocketClient.ConnectAsync(gateway.TcpPort);
            await client.PingAsync();
            await gateway.ScrapeAsync();
            Assert.Equal(System.Net.HttpStatusCode.OK, (await gateway.Http.GetAsync("/livez", TestContext.Current.CancellationToken)).StatusCode);
            // strace exits on SIGTERM itself, so the signal is sent to the traced process.
            (await Command.RunAsync("kill", ["-TERM", File.ReadLines(trace).First().Split(' ')[0]])).Good();
            Assert.Equal(0, await gateway.ExitCodeAsync());
        }

        // 1234  openat(AT_FDCWD, …) = 3
        var made = File.ReadLines(trace).Select(l => l.Split(' ', 2)[1].TrimStart()).Where(l => char.IsAsciiLetter(l[0]))
            .Select(l => l.Split('(')[0]).Where(n => n.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_')).ToHashSet(StringComparer.Ordinal);
        Assert.Contains("epoll_wait", made);
        var sets = await SetsAsync();
        HashSet<string> allowed = [];
        foreach (var filter in UnitFile.All("SystemCallFilter"))
        {
            foreach (var name in filter.TrimStart('~').Split(' '))
            {
                if (filter[0] == '~') allowed.ExceptWith(Members(sets, name));
                else allowed.UnionWith(Members(sets, name));
            }
        }

        Assert.Empty(made.Except(allowed));
    }

    private static async Task<string> ReceiveAsync(Socket socket)
    {
        var buffer = new byte[256];
        return Encoding.UTF8.GetString(buffer, 0, await socket.ReceiveAsync(buffer).WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System));
    }

    /// <summary>The system call sets of systemd by name; a set may contain other sets.</summary>
    private static async Task<Dictionary<string, List<string>>> SetsAsync()
    {
        var sets = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        List<string>? current = null;
        foreach (var line in (await Command.RunAsync(Tools.SystemdAnalyze(), ["syscall-filter", "--no-pager"])).Good().Split('\n'))
        {
            if (line.StartsWith('@')) sets[line.Trim()] = current = [];
            else if (line.Length == 0) current = null;
            else if (!line.TrimStart().StartsWith('#')) current?.Add(line.Trim());
        }

        return sets;
    }

    private static IEnumerable<string> Members(Dictionary<string, List<string>> sets, string name) =>
        name.StartsWith('@') ? sets[name].SelectMany(n => Members(sets, n)) : [name];
}
