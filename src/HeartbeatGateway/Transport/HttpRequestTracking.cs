namespace HeartbeatGateway.Transport;

/// <summary>
/// Records on each HTTP connection whether a request is in progress, and starts further requests of open connections one at a time. Requests that were
/// sent ahead are otherwise handled in a row: a few connections keep all threads of the pool, and new connections wait for them.
/// </summary>
internal static class HttpRequestTracking
{
    /// <summary>Must come before everything that handles requests.</summary>
    /// <param name="app">The application.</param>
    /// <param name="isHealthCheck">Whether a path is a health page.</param>
    public static void UseHttpRequestTracking(this WebApplication app, Func<PathString, bool> isHealthCheck)
    {
        var timeProvider = app.Services.GetRequiredService<TimeProvider>();
        var starting = new SemaphoreSlim(1);
        app.Lifetime.ApplicationStopped.Register(starting.Dispose);
        app.Use(async (context, next) =>
        {
            var connection = context.Features.Get<HttpConnection>();
            var isFirst = connection?.BeginRequest(isHealthCheck(context.Request.Path), timeProvider.GetTimestamp()) ?? true;
            try
            {
                await (isFirst ? next(context) : StartNextAsync(context, next, starting));
            }
            finally
            {
                connection?.EndRequest(timeProvider.GetTimestamp());
            }
        });
    }

    /// <summary>Waits for its turn even when it is its turn, so that work that is queued already comes first.</summary>
    private static async Task StartNextAsync(HttpContext context, RequestDelegate next, SemaphoreSlim starting)
    {
        Task handling;
        await starting.WaitAsync(context.RequestAborted);
        try
        {
            await Task.Yield();
            handling = next(context);
        }
        finally
        {
            starting.Release();
        }

        // Not within the turn: it may wait for a peer that does not read.
        await handling;
    }
}
