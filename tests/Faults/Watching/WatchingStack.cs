using System.Text.Json.Nodes;
using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.EndToEnd.Tests.Deploy;

namespace HeartbeatGateway.Faults.Tests.Watching;

/// <summary>
/// A real Prometheus and a real Alertmanager with the configuration, rules and routes of deploy/, as shipped. Only the two files with the
/// addresses of gateways and Alertmanager are replaced.
/// </summary>
internal sealed class WatchingStack : IAsyncDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("heartbeatgateway-watching-");
    private readonly HttpClient _http = new();
    private readonly int _prometheusPort = GatewayProcess.FreePort();
    private readonly int _alertmanagerPort = GatewayProcess.FreePort();
    private ChildProcess? _prometheus;
    private ChildProcess? _alertmanager;

    public static async Task<WatchingStack> StartAsync(string target)
    {
        var prometheus = Tool.Find("prometheus", "prometheus");
        var alertmanager = Tool.Find("prometheus-alertmanager", "prometheus-alertmanager");
        var stack = new WatchingStack();
        try
        {
            stack.CopyConfiguration(target);
            stack._alertmanager = new ChildProcess(
                alertmanager,
                [
                    $"--config.file={Path.Combine(Repository.Root, "deploy/alertmanager/alertmanager.yml")}", $"--storage.path={stack._folder}/alertmanager",
                    $"--web.listen-address=127.0.0.1:{stack._alertmanagerPort}", "--cluster.listen-address=",
                ],
                new Dictionary<string, string?>());
            stack._prometheus = new ChildProcess(
                prometheus,
                [
                    $"--config.file={stack._folder}/prometheus/prometheus.yml", $"--storage.tsdb.path={stack._folder}/data",
                    $"--web.listen-address=127.0.0.1:{stack._prometheusPort}",
                ],
                new Dictionary<string, string?>());
            await stack._alertmanager.SawAsync("Listening on");
            await stack._prometheus.SawAsync("Server is ready to receive web requests");
            return stack;
        }
        catch
        {
            await stack.DisposeAsync();
            throw;
        }
    }

    /// <summary>The <c>data</c> member of Prometheus' answer to an API query.</summary>
    public async Task<JsonNode> AskAsync(string path) =>
        JsonNode.Parse(await _http.GetStringAsync(new Uri($"http://127.0.0.1:{_prometheusPort}/api/v1/{path}")))!["data"]!;

    /// <summary>The number of series that a query returns now.</summary>
    public async Task<int> CountAsync(string query) => (await AskAsync($"query?query={Uri.EscapeDataString(query)}"))["result"]!.AsArray().Count;

    /// <summary>The names of the firing alerts, without those of severity <c>info</c>.</summary>
    public async Task<IReadOnlyList<string>> FiringAsync() =>
        [.. (await AskAsync("alerts"))["alerts"]!.AsArray()
            .Where(a => (string?)a!["state"] == "firing" && (string?)a["labels"]!["severity"] != "info")
            .Select(a => (string)a!["labels"]!["alertname"]!).Distinct()];

    /// <summary>The receivers that Alertmanager notifies of an alert; empty when Alertmanager does not have the alert.</summary>
    public async Task<IReadOnlyList<string>> ReceiversAsync(string alert) =>
        [.. JsonNode.Parse(await _http.GetStringAsync(new Uri($"http://127.0.0.1:{_alertmanagerPort}/api/v2/alerts")))!.AsArray()
            .Where(a => (string?)a!["labels"]!["alertname"] == alert).SelectMany(a => a!["receivers"]!.AsArray()).Select(r => (string)r!["name"]!)];

    /// <summary>Polls until nothing is missing, since Prometheus sends no notifications itself; returns how long it took.</summary>
    public static async Task<TimeSpan> UntilAsync(string what, TimeSpan timeout, Func<Task<string?>> missing)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (await missing() is { } still)
        {
            if (TimeProvider.System.GetElapsedTime(began) > timeout) throw new TimeoutException($"{what}: after {timeout} still {still}");
            await Task.Delay(PollInterval, TimeProvider.System);
        }

        return TimeProvider.System.GetElapsedTime(began);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_prometheus is not null) await _prometheus.DisposeAsync();
        if (_alertmanager is not null) await _alertmanager.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private void CopyConfiguration(string target)
    {
        var source = Path.Combine(Repository.Root, "deploy/prometheus");
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(_folder.FullName, "prometheus", Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.WriteAllText(copy, Path.GetFileName(Path.GetDirectoryName(file)) switch
            {
                "targets" => $"- targets: [\"{target}\"]\n",
                "alertmanagers" => $"- targets: [\"127.0.0.1:{_alertmanagerPort}\"]\n",
                _ => File.ReadAllText(file),
            });
        }
    }
}
