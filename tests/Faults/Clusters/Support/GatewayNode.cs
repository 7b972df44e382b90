using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using HeartbeatGateway.EndToEnd.Tests;

namespace HeartbeatGateway.Faults.Tests.Clusters.Support;

/// <summary>One gateway of a cluster, as a process that can be ended and started again at the same addresses.</summary>
/// <param name="name">The name of the node.</param>
/// <param name="settings">Its settings.</param>
internal sealed class GatewayNode(string name, IReadOnlyList<(string Name, string? Value)> settings) : IAsyncDisposable
{
    private const string ApiKey = "key-of-the-cluster-tests";
    private static readonly TimeSpan ToExit = TimeSpan.FromSeconds(60);

    private readonly GatewayLaunch _launch = new();
    private GatewayProcess? _process;

    public string Name => name;

    public IPEndPoint EndPoint => new(_launch.Address, _launch.TcpPort);

    public bool IsRunning => _process is not null;

    public GatewayProcess Process => _process ?? throw new InvalidOperationException($"{name} does not run.");

    public async Task StartAsync()
    {
        _process = await GatewayProcess.StartAsync(
            _launch,
            [
                ("Serilog__MinimumLevel__Override__HeartbeatGateway.Server", "Warning"),
                ("Gateway__Admin__RequestsPerSecond", "0"),
                ("Gateway__Admin__Keys__0__Id", "tests"),
                ("Gateway__Admin__Keys__0__Key", ApiKey),
                ("Gateway__Admin__Keys__0__Scope", "Admin"),
                ("Gateway__Redis__NodeName", name),
                // The clients of a fleet ask for an interval of 2 s, which would leave them an idle timeout of 3 s. A busy machine delays a ping for longer
                // than a second, and no test of a cluster is about idle clients.
                ("Gateway__Heartbeat__MinTimeout", "00:00:07"),
                .. settings,
            ]);
        _process.Http.DefaultRequestHeaders.Authorization = new("Bearer", ApiKey);
    }

    /// <summary>Ends the process without a warning.</summary>
    public async Task KillAsync()
    {
        Process.Signal("KILL");
        await EndAsync();
    }

    /// <summary>Ends the process as an orchestrator does (SIGTERM), and waits for it.</summary>
    public async Task ShutDownAsync()
    {
        var process = Process;
        process.Signal("TERM");
        var exit = await EndAsync();
        Assert.True(exit == 0, $"{name} ended with exit code {exit}:\n{string.Join('\n', process.Lines.TakeLast(20))}");
    }

    /// <summary>The value of a metric; 0 while there is none.</summary>
    public async Task<double> MetricAsync(string series)
    {
        try
        {
            return await Process.MetricAsync(series);
        }
        catch (KeyNotFoundException)
        {
            return 0;
        }
    }

    /// <summary>The connections with a client id on this node: client id and connection.</summary>
    public async Task<List<(string ClientId, string ConnectionId)>> ListAsync()
    {
        var clients = new List<(string, string)>();
        var cursor = "";
        do
        {
            using var page = JsonDocument.Parse(await Process.Http.GetStringAsync(
                new Uri($"/api/v1/clients?limit=1000&state=connected&node={name}{(cursor.Length > 0 ? $"&cursor={Uri.EscapeDataString(cursor)}" : "")}", UriKind.Relative)));
            foreach (var client in page.RootElement.GetProperty("clients").EnumerateArray())
            {
                if (client.GetProperty("clientId").GetString() is { } id) clients.Add((id, client.GetProperty("connectionId").GetString()!));
            }

            cursor = page.RootElement.GetProperty("next").GetString() ?? "";
        }
        while (cursor.Length > 0);
        return clients;
    }

    /// <summary>Sends a message to a client, wherever it is.</summary>
    /// <returns>The result as the API names it, or the code of the problem; how long the answer took.</returns>
    public async Task<(string Result, TimeSpan Took)> SendAsync(string clientId, string text, string query = "", int? ttlSeconds = null)
    {
        var began = TimeProvider.System.GetTimestamp();
        using var response = await Process.Http.PostAsJsonAsync(
            $"/api/v1/clients/{clientId}/messages{query}", ttlSeconds is { } ttl ? new { type = "news", text, ttlSeconds = ttl } : (object)new { type = "news", text });
        var took = TimeProvider.System.GetElapsedTime(began);
        return (Text(await response.Content.ReadFromJsonAsync<JsonElement>(), "result", "code"), took);
    }

    /// <summary>Sends a message to all clients of the cluster.</summary>
    /// <returns>The answer.</returns>
    public async Task<JsonElement> BroadcastAsync(string text)
    {
        using var response = await Process.Http.PostAsJsonAsync("/api/v1/broadcast", new { type = "news", text });
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { } process) await process.DisposeAsync();
    }

    private static string Text(JsonElement answer, params string[] names) =>
        names.Where(n => answer.TryGetProperty(n, out _)).Select(n => answer.GetProperty(n).GetString()!).FirstOrDefault() ?? $"{answer}";

    private async Task<int> EndAsync()
    {
        var process = Process;
        var exit = await process.ExitCodeAsync(ToExit);
        _process = null;
        await process.DisposeAsync();
        return exit;
    }
}
