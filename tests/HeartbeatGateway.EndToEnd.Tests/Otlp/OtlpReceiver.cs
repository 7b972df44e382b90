using System.Threading.Channels;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Proto.Collector.Trace.V1;
using OpenTelemetry.Proto.Trace.V1;

namespace HeartbeatGateway.EndToEnd.Tests.Otlp;

/// <summary>An OTLP receiver for traces over gRPC, the default protocol. It decodes every request with the messages of the specification.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    private readonly WebApplication _application;
    private readonly Channel<ReceivedSpan> _spans = Channel.CreateUnbounded<ReceivedSpan>();

    private OtlpReceiver(WebApplication application, string url) => (_application, Url) = (application, url);

    public string Url { get; }

    public static async Task<OtlpReceiver> StartAsync()
    {
        var port = GatewayProcess.FreePort();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port, endpoint => endpoint.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        OtlpReceiver? receiver = null;
        builder.Services.AddSingleton(_ => receiver!);
        var application = builder.Build();
        receiver = new OtlpReceiver(application, $"http://127.0.0.1:{port}");
        application.MapGrpcService<TraceReceiver>();
        await application.StartAsync();
        return receiver;
    }

    /// <summary>A span was received that no call has returned yet.</summary>
    public bool HasNext => _spans.Reader.TryPeek(out _);

    /// <summary>The next span, in the order in which they were exported.</summary>
    public async Task<ReceivedSpan> NextAsync() => await _spans.Reader.ReadAsync().AsTask().WaitAsync(Timeout, TimeProvider.System);

    /// <summary>All spans up to the first that meets a condition, that one excluded.</summary>
    public async Task<IReadOnlyList<ReceivedSpan>> UntilAsync(Predicate<Span> isLast)
    {
        var spans = new List<ReceivedSpan>();
        while (await NextAsync() is { } next && !isLast(next.Span)) spans.Add(next);
        return spans;
    }

    public async ValueTask DisposeAsync()
    {
        // The exporter holds its connection open.
        using var atOnce = new CancellationTokenSource(TimeSpan.Zero, TimeProvider.System);
        await _application.StopAsync(atOnce.Token);
        await _application.DisposeAsync();
    }

    private sealed class TraceReceiver(OtlpReceiver receiver) : TraceService.TraceServiceBase
    {
        public override Task<ExportTraceServiceResponse> Export(ExportTraceServiceRequest request, ServerCallContext context)
        {
            foreach (var resource in request.ResourceSpans)
            {
                foreach (var scope in resource.ScopeSpans)
                {
                    foreach (var span in scope.Spans) receiver._spans.Writer.TryWrite(new ReceivedSpan(resource.Resource, scope.Scope, span));
                }
            }

            return Task.FromResult(new ExportTraceServiceResponse());
        }
    }
}
