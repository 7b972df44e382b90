using System.IO.Pipelines;
using Prometheus;

namespace HeartbeatGateway.Telemetry;

/// <summary>
/// The metrics page. One page is made at a time, whatever the number of requests, so that requests without end keep at most one processor busy. A page
/// is complete before its first byte is sent: a peer that does not read it delays no other.
/// </summary>
internal static class MetricsPage
{
    private static readonly PipeOptions Unbounded = new(pauseWriterThreshold: 0, minimumSegmentSize: 16 * 1024, useSynchronizationContext: false);

    public static IEndpointConventionBuilder MapMetricsPage(this WebApplication app, CollectorRegistry registry)
    {
        var one = new SemaphoreSlim(1);
        app.Lifetime.ApplicationStopped.Register(one.Dispose);
        var page = app.MapMetrics("/metrics", registry);
        page.Add(endpoint =>
        {
            var render = endpoint.RequestDelegate!;
            endpoint.RequestDelegate = context => AnswerAsync(context, render, one);
        });
        return page;
    }

    private static async Task AnswerAsync(HttpContext context, RequestDelegate render, SemaphoreSlim one)
    {
        var page = new Pipe(Unbounded);
        try
        {
            await RenderAsync(context, page.Writer, render, one);
            var content = (await page.Reader.ReadAsync()).Buffer;
            context.Response.ContentLength = content.Length;
            foreach (var part in content) await context.Response.Body.WriteAsync(part, context.RequestAborted);
        }
        finally
        {
            await page.Reader.CompleteAsync();
        }
    }

    private static async Task RenderAsync(HttpContext context, PipeWriter page, RequestDelegate render, SemaphoreSlim one)
    {
        var output = context.Response.Body;
        await one.WaitAsync(context.RequestAborted);
        try
        {
            context.Response.Body = page.AsStream();
            await render(context);
        }
        finally
        {
            context.Response.Body = output;
            await page.CompleteAsync();
            one.Release();
        }
    }
}
