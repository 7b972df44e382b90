using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using HeartbeatGateway.EndToEnd.Tests;

namespace HeartbeatGateway.Faults.Tests.Disconnects;

/// <summary>Reads the list of ended connections of a gateway by its HTTP API.</summary>
internal static class EndedConnections
{
    private const string Key = "key-of-the-fault-tests";

    /// <summary>Settings for a gateway that is read from another network than its own.</summary>
    public static (string Name, string? Value)[] Access => [("Gateway__Admin__Keys__0__Id", "tests"), ("Gateway__Admin__Keys__0__Key", Key), ("Gateway__Admin__Keys__0__Scope", "Send")];

    /// <summary>Waits until so many connections have ended that a query chooses, and returns them, the newest first.</summary>
    public static async Task<IReadOnlyList<Ended>> WaitAsync(this GatewayProcess gateway, string query, int count, TimeSpan within)
    {
        using var timeout = new CancellationTokenSource(within, TimeProvider.System);
        while (true)
        {
            using var request = Request(HttpMethod.Get, $"/api/v1/disconnects?{query}");
            using var response = await gateway.Http.SendAsync(request, timeout.Token);
            var list = (await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>(timeout.Token)).GetProperty("disconnects");
            if (list.GetArrayLength() >= count) return [.. list.EnumerateArray().Select(Ended.Of)];
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, timeout.Token);
        }
    }

    /// <summary>Sends a message to all clients.</summary>
    public static async Task BroadcastAsync(this GatewayProcess gateway)
    {
        using var request = Request(HttpMethod.Post, "/api/v1/broadcast");
        request.Content = JsonContent.Create(new { type = "news", text = "hello" });
        using var response = await gateway.Http.SendAsync(request);
        response.EnsureSuccessStatusCode();
    }

    private static HttpRequestMessage Request(HttpMethod method, string path) =>
        new(method, path) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", Key) } };

    /// <summary>What the tests look at.</summary>
    internal sealed record Ended(string? ClientId, string Reason, string Origin, string? Cause, string Json)
    {
        public static Ended Of(JsonElement e) => new(
            e.GetProperty("clientId").GetString(), e.GetProperty("reason").GetString()!, e.GetProperty("origin").GetString()!,
            e.GetProperty("postMortem") is { ValueKind: JsonValueKind.Object } p ? p.GetProperty("cause").GetString() : null, e.GetRawText());
    }
}
