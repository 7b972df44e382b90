using HeartbeatGateway.Cli.Options;

namespace HeartbeatGateway.Cli.Api.Events;

/// <summary>Shows events, and the gaps between them.</summary>
internal interface IEventView
{
    /// <returns>False when no more events are wanted.</returns>
    Task<bool> ShowAsync(ServerSentEvent e);

    /// <summary>Events may be missing here.</summary>
    /// <param name="after">The last id before the gap; null when there was none.</param>
    /// <param name="why">Why.</param>
    Task ShowGapAsync(string? after, string why);

    /// <summary>The connection is lost; it is tried again.</summary>
    Task ShowLossAsync(string why);
}

/// <summary>
/// Follows the events of a gateway. After a lost connection it resumes after the last event, by <c>Last-Event-ID</c>; when the gateway no longer has
/// what lies between, it says so and follows from now on.
/// </summary>
internal sealed class EventFollower(GatewayApi api, TimeProvider time, IEventView view, string path = "events")
{
    /// <summary>A gateway sends a comment every 10 s.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private const string FirstComment = "events after ";

    private string? _last;
    private bool _wasConnected;

    /// <summary>Follows until the view wants no more, the gateway refuses, or Ctrl+C, which is the usual end.</summary>
    /// <param name="after">The id of the last event that is known; null to begin now.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ApiException">The first connection failed, or the gateway refuses.</exception>
    public async Task<ExitCode> FollowAsync(string? after, CancellationToken cancellation)
    {
        try
        {
            await RunAsync(after, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Ctrl+C.
        }

        return ExitCode.Success;
    }

    private async Task RunAsync(string? after, CancellationToken cancellation)
    {
        _last = after;
        var pause = FirstPause;
        while (true)
        {
            var count = 0;
            string why;
            try
            {
                using var response = await OpenAsync(cancellation);
                var reader = new ServerSentEvents(await response.Content.ReadAsStreamAsync(cancellation), Silence, time);
                while (await reader.NextAsync(cancellation) is { } e)
                {
                    count++;
                    if (e.IsComment) Begin(e.Data);
                    else if (!await TakeAsync(e)) return;
                }

                why = "the gateway ended the stream";
            }
            catch (Exception e) when (e is IOException or HttpRequestException)
            {
                why = e.Message.TrimEnd('.');
            }
            catch (ApiException e) when (_wasConnected && e.IsTransient)
            {
                why = e.Message.TrimEnd('.');
            }

            if (count > 0) pause = FirstPause;
            await view.ShowLossAsync($"{why}; next attempt in {Duration.Describe(pause)}.");
            await Task.Delay(pause, time, cancellation);
            pause = pause * 2 > LongestPause ? LongestPause : pause * 2;
        }
    }

    private async Task<bool> TakeAsync(ServerSentEvent e)
    {
        _last = e.Id ?? _last;
        return await view.ShowAsync(e);
    }

    /// <summary>The first comment names the event that the stream begins after, so that a loss before the first event leaves no gap either.</summary>
    private void Begin(string comment)
    {
        if (_last is null && comment.StartsWith(FirstComment, StringComparison.Ordinal)) _last = comment[FirstComment.Length..];
    }

    private async Task<HttpResponseMessage> OpenAsync(CancellationToken cancellation)
    {
        HttpResponseMessage response;
        try
        {
            response = await api.OpenEventsAsync(path, _last, cancellation);
        }
        catch (ApiException e) when (e.Status == 410)
        {
            var after = _last;
            _last = null;
            // Opened before the gap is reported, so that what follows the report is complete.
            response = await api.OpenEventsAsync(path, null, cancellation);
            await view.ShowGapAsync(after, e.Message);
            _wasConnected = true;
            return response;
        }

        if (_last is null && _wasConnected) await view.ShowGapAsync(null, "the connection was lost before the gateway named an event.");
        _wasConnected = true;
        return response;
    }
}
