using System.Net.Sockets;
using HeartbeatGateway.Configuration;

namespace HeartbeatGateway.Health;

/// <summary>
/// <c>--health-check</c>: asks the gateway that runs with the same configuration whether it is live. For containers whose image has no shell.
/// </summary>
internal static class HealthCheckCommand
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(100);

    /// <returns>The exit code: 0 when it is live, 1 when it is not.</returns>
    public static async Task<int> RunAsync(IConfiguration configuration)
    {
        var url = new Uri(HttpEndpoints.LoopbackUrl(configuration), "/livez");
        // A proxy from the environment cannot reach this machine's loopback addresses.
        using var handler = new SocketsHttpHandler { UseProxy = false };
        using var client = new HttpClient(handler);
        using var timeout = new CancellationTokenSource(Timeout, TimeProvider.System);
        var last = $"no answer within {Timeout.TotalSeconds:0} s";
        try
        {
            while (true)
            {
                try
                {
                    using var response = await client.GetAsync(url, timeout.Token);
                    await Console.Out.WriteLineAsync(await response.Content.ReadAsStringAsync(timeout.Token));
                    return response.IsSuccessStatusCode ? 0 : 1;
                }
                catch (HttpRequestException e) when (IsCutOff(e))
                {
                    last = e.Message;
                }

                await Task.Delay(BetweenAttempts, TimeProvider.System, timeout.Token);
            }
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            await Console.Error.WriteLineAsync($"{url} does not answer: {(e is HttpRequestException ? e.Message : last)}");
            return 1;
        }
    }

    /// <summary>
    /// The gateway accepted the connection and closed it: while many HTTP connections compete for its places, another attempt may succeed. A refused
    /// connection is final, since no gateway runs there.
    /// </summary>
    private static bool IsCutOff(HttpRequestException e) => e.InnerException is IOException or SocketException { SocketErrorCode: SocketError.ConnectionReset };
}
