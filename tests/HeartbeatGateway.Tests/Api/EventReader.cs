using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text.Json;

namespace HeartbeatGateway.Tests.Api;

/// <summary>Reads server-sent events as a program does.</summary>
internal sealed class EventReader : IAsyncDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly IAsyncEnumerator<SseItem<string>> _events;
    private readonly CancellationTokenSource _timeout = new(TimeSpan.FromSeconds(30), TimeProvider.System);

    private EventReader(HttpResponseMessage response, Stream body)
    {
        _response = response;
        _events = SseParser.Create(body).EnumerateAsync(_timeout.Token).GetAsyncEnumerator(_timeout.Token);
    }

    public static async Task<EventReader> OpenAsync(ApiFixture api, string? lastEventId = null, string path = "events") =>
        await TryOpenAsync(api, lastEventId, path) ?? throw new InvalidOperationException("Too many readers follow the events.");

    /// <returns>Null when there are too many readers.</returns>
    public static async Task<EventReader?> TryOpenAsync(ApiFixture api, string? lastEventId = null, string path = "events")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/{path}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", ApiFixture.ReadKey);
        if (lastEventId is not null) request.Headers.Add("Last-Event-ID", lastEventId);
        var response = await api.Host.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
        {
            response.Dispose();
            return null;
        }

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return new EventReader(response, await response.Content.ReadAsStreamAsync());
    }

    public async Task<Event> NextAsync()
    {
        Assert.True(await _events.MoveNextAsync(), "The stream has ended.");
        return new Event(_events.Current.EventType, _events.Current.EventId, JsonDocument.Parse(_events.Current.Data).RootElement);
    }

    /// <summary>The next event; null when the gateway has ended the stream, in order or by a reset.</summary>
    public async Task<Event?> TryNextAsync()
    {
        try
        {
            return await _events.MoveNextAsync() ? new Event(_events.Current.EventType, _events.Current.EventId, JsonDocument.Parse(_events.Current.Data).RootElement) : null;
        }
        catch (Exception e) when (e is HttpIOException or IOException)
        {
            return null;
        }
    }

    /// <summary>The gateway ends the stream, in order or by a reset.</summary>
    public async Task EndsAsync() => Assert.Null(await TryNextAsync());

    public async ValueTask DisposeAsync()
    {
        _response.Dispose();
        await _events.DisposeAsync();
        _timeout.Dispose();
    }

    public sealed record Event(string Name, string? Id, JsonElement Data);
}
