using System.Net;
using System.Net.Http.Headers;
using HeartbeatGateway.Tests.Support;

namespace HeartbeatGateway.Tests.Api;

/// <summary>A thousand readers at once get a stream, a refusal or no place, and nobody else notices.</summary>
public sealed class EventCrowdTests
{
    private const int Crowd = 1_000;

    [Fact]
    public async Task A_thousand_readers_take_nothing_from_clients_other_callers_and_health_checks()
    {
        await using var api = await ApiFixture.StartAsync("--Gateway:Admin:RequestsPerSecond=0");
        var client = await api.ConnectAsync("pump-1");
        var start = (await api.GetAsync("presence")).Json.GetProperty("lastEventId").GetString();
        using var crowd = new HttpClient { BaseAddress = api.Host.Http.BaseAddress };
        var readers = Enumerable.Range(0, Crowd).Select(_ => ReadAsync(crowd)).ToArray();
        for (var i = 0; i < 50; i++) await ServiceHost.PingAsync(client);
        Assert.Equal(HttpStatusCode.OK, await HealthAsync(api));
        var answers = await Task.WhenAll(readers);
        Assert.All(answers, a => Assert.True(a is null or HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable, $"{a}"));
        Assert.Contains(HttpStatusCode.OK, answers);
        Assert.Contains(HttpStatusCode.ServiceUnavailable, answers);

        await api.ConnectAsync("pump-2");
        await ServiceHost.PingAsync(client);
        Assert.Equal(HttpStatusCode.OK, await HealthAsync(api));
        Assert.Equal(2, (await api.GetAsync("clients")).Json.GetProperty("clients").GetArrayLength());

        // The crowd leaves, and a reader has missed nothing.
        crowd.Dispose();
        EventReader? found;
        while ((found = await EventReader.TryOpenAsync(api, start)) is null) await Task.Yield();
        await using var reader = found;
        Assert.Equal("pump-2", (await reader.NextAsync()).Data.GetProperty("clientId").GetString());
    }

    /// <returns>The status; null when the connection was closed, because its place was needed.</returns>
    private static async Task<HttpStatusCode?> ReadAsync(HttpClient crowd)
    {
        using var request = Request();
        try
        {
            // A stream stays open until the client is disposed.
            return (await crowd.SendAsync(request, HttpCompletionOption.ResponseHeadersRead)).StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private static HttpRequestMessage Request()
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/events");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", ApiFixture.ReadKey);
        return request;
    }

    /// <summary>A health check on a connection of its own, as of a container.</summary>
    private static async Task<HttpStatusCode> HealthAsync(ApiFixture api)
    {
        using var http = new HttpClient { BaseAddress = api.Host.Http.BaseAddress };
        using var response = await http.GetAsync(new Uri("/livez", UriKind.Relative));
        return response.StatusCode;
    }
}
