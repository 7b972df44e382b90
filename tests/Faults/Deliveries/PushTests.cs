using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Deliveries;

/// <summary>
/// Pushes through the HTTP API to clients with the feature <c>ack</c>. No push is lost when the network is cut or a client's program is restarted; none that was
/// reported as delivered is lost when the gateway is killed.
/// </summary>
[Trait("Lane", "outage")]
public sealed class PushTests
{
    private const int Clients = 200;
    private const int Callers = 16;
    private const int Pushes = 2000;
    private static readonly TimeSpan Cut = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan ToArrive = TimeSpan.FromSeconds(60);
    private static readonly TimeProvider Time = TimeProvider.System;

    private readonly ConcurrentDictionary<string, string> _results = new(StringComparer.Ordinal);
    private int _number;

    [Fact]
    public async Task No_push_is_lost_by_cuts_and_restarts_of_clients_and_none_reported_as_delivered_by_a_kill()
    {
        NetworkNamespace.SkipUnlessAllowed();
        using var network = new RoutedNetwork();
        await using var receiver = await FaultyReceiver.StartAsync();
        await using var gateway = new RestartedGateway(network, receiver.Port, ("Gateway__Admin__RequestsPerSecond", "0"));
        await gateway.StartAsync();
        await using var fleet = new ReceivingFleet(gateway.EndPoint, Clients);
        await fleet.ConnectAsync();

        using (var stopping = new CancellationTokenSource())
        {
            var pushing = PushAsync(gateway, stopping.Token);
            network.Cut([gateway.EndPoint.Port]);
            await Task.Delay(Cut, Time);
            network.Restore();
            // Each program is replaced, while pushes to it are on their way.
            for (var client = 0; client < Clients || _results.Count < Pushes; client++) await fleet.RestartAsync(client % Clients);
            await stopping.CancelAsync();
            await pushing;
        }

        var promised = _results.Where(r => r.Value is "delivered" or "queued" or "held").Select(r => r.Key).ToList();
        Write($"{_results.Count} pushes: {string.Join(", ", _results.Values.CountBy(r => r).Select(r => $"{r.Value} {r.Key}"))}");
        await ReachAsync(() => promised.TrueForAll(fleet.Has), () => $"{promised.Count(p => !fleet.Has(p))} of {promised.Count} pushes have not arrived");
        // A program may get again what its predecessor had no time to acknowledge. No program gets anything twice.
        Assert.Equal(0, fleet.Repeated);
        Assert.Contains("held", _results.Values);
        Assert.Contains("delivered", _results.Values);

        _results.Clear();
        using (var stopping = new CancellationTokenSource())
        {
            var pushing = PushAsync(gateway, stopping.Token);
            await ReachAsync(() => _results.Count > Clients, () => $"{_results.Count} pushes are answered");
            await gateway.KillAsync();
            await stopping.CancelAsync();
            await pushing;
        }

        var delivered = _results.Where(r => r.Value == "delivered").Select(r => r.Key).ToList();
        Write($"before the kill: {string.Join(", ", _results.Values.CountBy(r => r).Select(r => $"{r.Value} {r.Key}"))}");
        Assert.NotEmpty(delivered);
        await ReachAsync(() => delivered.TrueForAll(fleet.Has), () => $"{delivered.Count(p => !fleet.Has(p))} pushes were reported as delivered and have not arrived");
        await gateway.StartAsync();
        await fleet.ConnectAsync();
    }

    private Task PushAsync(RestartedGateway gateway, CancellationToken stopping) => Task.WhenAll(Enumerable.Range(0, Callers).Select(async _ =>
    {
        while (!stopping.IsCancellationRequested)
        {
            var number = Interlocked.Increment(ref _number);
            _results[$"push {number}"] = await PushAsync(gateway, number);
        }
    }));

    private static async Task<string> PushAsync(RestartedGateway gateway, int number)
    {
        try
        {
            using var response = await gateway.Process.Http.PostAsJsonAsync(
                $"/api/v1/clients/{ReceivingFleet.NameOf(number % Clients)}/messages?wait=1", new { type = "news", text = $"push {number}", ttlSeconds = 300 });
            var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
            return answer.TryGetProperty("result", out var result) ? result.GetString()! : $"status {(int)response.StatusCode}";
        }
        catch (Exception e) when (e is HttpRequestException or IOException or InvalidOperationException or TaskCanceledException or ObjectDisposedException)
        {
            // The gateway was killed, so the caller has no answer.
            return "unknown";
        }
    }

    private static async Task ReachAsync(Func<bool> condition, Func<string> describe)
    {
        var began = Time.GetTimestamp();
        while (!condition())
        {
            if (Time.GetElapsedTime(began) > ToArrive) throw new TimeoutException($"After {ToArrive.TotalSeconds} s {describe()}.");
            await Task.Delay(TimeSpan.FromMilliseconds(50), Time);
        }
    }

    private static void Write(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}
