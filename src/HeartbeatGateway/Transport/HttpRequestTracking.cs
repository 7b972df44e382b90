namespace HeartbeatGateway.Transport;

/// <summary>Records on each HTTP connection whether a request is in progress.</summary>
internal static class HttpRequestTracking
{
    /// <summary>Must come before everything that handles requests.</summary>
    /// <param name="app">The application.</param>
    /// <param name="isHealthCheck">Whether a path is a health page.</param>
    public static void UseHttpRequestTracking(this IApplicationBuilder app, Func<PathString, bool> isHealthCheck)
    {
        var timeProvider = app.ApplicationServices.GetRequiredService<TimeProvider>();
        app.Use(async (context, next) =>
        {
            var connection = context.Features.Get<HttpConnection>();
            connection?.BeginRequest(isHealthCheck(context.Request.Path), timeProvider.GetTimestamp());
            try
            {
                await next(context);
            }
            finally
            {
                connection?.EndRequest(timeProvider.GetTimestamp());
            }
        });
    }
}
