using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Deliveries;

/// <summary>A gateway behind a router, with the webhook as its sink. It is killed and started again at the same address; its books are read all the time.</summary>
internal sealed class RestartedGateway : IAsyncDisposable
{
    private const string WebhookSecret = "whsec_dGVzdHMgb25seSB0ZXN0cyBvbmx5IHRlc3RzIG9ubHk=";
    private const string ApiKey = "key-of-the-delivery-tests";
    private static readonly TimeSpan ReadingInterval = TimeSpan.FromMilliseconds(500);

    private readonly GatewayLaunch _launch;
    private readonly (string Name, string? Value)[] _settings;
    private GatewayProcess? _process;
    private CancellationTokenSource _stopReading = new();
    private Task _reading = Task.CompletedTask;

    public RestartedGateway(RoutedNetwork network, int receiverPort, params (string Name, string? Value)[] settings)
    {
        _launch = new GatewayLaunch { Command = [.. network.Inside.Prefix, "dotnet", Repository.GatewayDll], Address = network.Inside.Address };
        _settings =
        [
            ("Serilog__MinimumLevel__Override__HeartbeatGateway.Server", "Warning"),
            ("Gateway__Messages__Sinks__0__Kind", "webhook"),
            ("Gateway__Webhook__Url", $"http://{network.ThisProcess}:{receiverPort}/"),
            ("Gateway__Webhook__Secrets__0__Secret", WebhookSecret),
            ("Gateway__Webhook__Timeout", "00:00:02"),
            ("Gateway__Webhook__Presence", "false"),
            ("Gateway__Admin__Keys__0__Id", "tests"),
            ("Gateway__Admin__Keys__0__Key", ApiKey),
            ("Gateway__Admin__Keys__0__Scope", "Send"),
            .. settings,
        ];
    }

    public IPEndPoint EndPoint => new(_launch.Address, _launch.TcpPort);

    public GatewayProcess Process => _process ?? throw new InvalidOperationException("The gateway does not run.");

    /// <summary>The books of the webhook at many moments, of all processes.</summary>
    public ConcurrentQueue<SinkReading> Counts { get; } = new();

    /// <param name="settings">Settings of this process alone; they replace those of all.</param>
    public async Task StartAsync(params (string Name, string? Value)[] settings)
    {
        _process = await GatewayProcess.StartAsync(_launch, [.. _settings, .. settings]);
        _process.Http.DefaultRequestHeaders.Authorization = new("Bearer", ApiKey);
        _stopReading = new CancellationTokenSource();
        _reading = ReadAsync(_stopReading.Token);
    }

    /// <summary>Ends the process without a warning.</summary>
    public async Task KillAsync()
    {
        await StopReadingAsync();
        Process.Signal("KILL");
        await Process.ExitCodeAsync();
        await Process.DisposeAsync();
        _process = null;
    }

    public async Task<SinkReading> ReadCountsAsync()
    {
        using var status = JsonDocument.Parse(await Process.Http.GetStringAsync("/api/v1/status"));
        return SinkReading.Of(status.RootElement.GetProperty("sinks").EnumerateArray().Single(s => s.GetProperty("name").GetString() == "webhook"));
    }

    public async ValueTask DisposeAsync()
    {
        await StopReadingAsync();
        if (_process is not null) await _process.DisposeAsync();
    }

    private async Task ReadAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                Counts.Enqueue(await ReadCountsAsync());
            }
            catch (Exception e) when (e is HttpRequestException or IOException or System.Net.Sockets.SocketException)
            {
                // With many HTTP connections the gateway gives the place of one to another. The next reading follows soon.
            }

            await Task.Delay(ReadingInterval, TimeProvider.System, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task StopReadingAsync()
    {
        await _stopReading.CancelAsync();
        await _reading;
        _stopReading.Dispose();
        _stopReading = new CancellationTokenSource();
    }
}
