using HeartbeatGateway.Configuration;

namespace HeartbeatGateway.Health;

/// <summary>
/// <c>--health-check</c>: asks the gateway that runs with the same configuration whether it is live. For containers whose image has no shell.
/// </summary>
internal static class HealthCheckCommand
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(4);

    /// <returns>The exit code: 0 when it is live, 1 when it is not.</returns>
    public static async Task<int> RunAsync(IConfiguration configuration)
    {
        var url = new Uri(HttpEndpoints.LoopbackUrl(configuration), "/livez");
        // A proxy from the environment cannot reach this machine's loopback addresses.
        using var handler = new SocketsHttpHandler { UseProxy = false };
        using var client = new HttpClient(handler) { Timeout = Timeout };
        try
        {
            using var response = await client.GetAsync(url);
            await Console.Out.WriteLineAsync(await response.Content.ReadAsStringAsync());
            return response.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            await Console.Error.WriteLineAsync($"{url} does not answer: {e.Message}");
            return 1;
        }
    }
}
