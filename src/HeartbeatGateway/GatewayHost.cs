using System.Diagnostics.Metrics;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Server.Telemetry;
using HeartbeatGateway.Health;
using HeartbeatGateway.Telemetry;
using HeartbeatGateway.Tls;
using HeartbeatGateway.Transport;
using Microsoft.AspNetCore.Connections;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Prometheus;

namespace HeartbeatGateway;

/// <summary>Puts the service together.</summary>
internal static class GatewayHost
{
    /// <summary>The configuration and the environment, before anything is made of them.</summary>
    public static WebApplicationBuilder CreateBuilder(string[] args)
    {
        return WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            Args = args,
            // The settings stand beside the program, wherever it is started from.
            ContentRootPath = AppContext.BaseDirectory,
            // What the shell says wins over the launch profile, which can only set one of the two.
            EnvironmentName = Environment.GetEnvironmentVariable("ASPNETCORE_ENVIRONMENT") ?? Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT"),
        });
    }

    /// <param name="builder">What <see cref="CreateBuilder"/> made.</param>
    /// <param name="logOutput">Where log lines go; null for standard output.</param>
    /// <exception cref="GatewayOptionsException">The configuration cannot be used.</exception>
    public static WebApplication Build(WebApplicationBuilder builder, Stream? logOutput = null)
    {
        var options = GatewayConfiguration.ReadForStart(builder.Configuration, builder.Environment.IsDevelopment());
        var log = Logging.CreateWriter(builder.Environment.IsDevelopment(), logOutput);
        Logging.Add(builder, log);

        var services = builder.Services;
        services.AddSingleton(log);
        services.AddSingleton(options);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(new CollectorRegistry());
        services.AddSingleton<PrometheusBridge>();
        services.AddSingleton<ServiceMetrics>();
        services.AddSingleton(provider => new GatewayEngine(
            options,
            provider.GetService<Server.Messages.IMessageSink>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<IMeterFactory>(),
            provider.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton<GatewayTransportFactory>();
        services.AddSingleton<IConnectionListenerFactory>(provider => provider.GetRequiredService<GatewayTransportFactory>());
        services.AddSingleton<CertificateStore>();
        services.AddSingleton(provider => new HandshakeGate(options.Tls, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ClientCertificateWatch>();
        services.AddSingleton<TlsLayer>();
        services.AddSingleton(provider => new TlsMetrics(options, provider.GetRequiredService<IMeterFactory>(), provider.GetRequiredService<CertificateStore>));
        services.AddSingleton<LivenessProbe>();
        services.AddSingleton<Readiness>();
        services.AddHostedService<GatewayLifetime>();
        // Says when it is ready and when it stops to the systemd that started it, and nothing anywhere else.
        services.AddSystemd();
        AddOpenTelemetry(builder);
        Listen(builder, options);

        var app = builder.Build();
        var registry = app.Services.GetRequiredService<CollectorRegistry>();
        DotNetStats.Register(registry);
        // Made here, so that both are there before the first connection is counted.
        var bridge = app.Services.GetRequiredService<PrometheusBridge>();
        bridge.Follow(app.Services.GetRequiredService<GatewayEngine>().Metrics.HeartbeatIntervals!);
        app.Services.GetRequiredService<ServiceMetrics>();
        app.Services.GetRequiredService<TlsMetrics>();
        app.MapMetrics("/metrics", registry);
        app.MapHealth();
        return app;
    }

    private static void Listen(WebApplicationBuilder builder, ServiceOptions options)
    {
        var http = HttpEndpoints.Read(builder.Configuration);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            foreach (var listen in http) listen(kestrel);
            if (!GatewayEndPoint.TryParse(options.Tcp.Endpoint, out var endPoint, out var error)) throw new GatewayOptionsException([$"Gateway:Tcp:Endpoint {error}"]);
            kestrel.Listen(endPoint!, endpoint =>
            {
                if (options.Tls.IsOn())
                {
                    endpoint.UseGatewayAdmission(kestrel.ApplicationServices.GetRequiredService<GatewayEngine>());
                    kestrel.ApplicationServices.GetRequiredService<TlsLayer>().Use(endpoint);
                }

                endpoint.UseConnectionHandler<GatewayConnectionHandler>();
            });
        });
    }

    /// <summary>The same instruments and the HTTP traces by OTLP, when there is somewhere to send them.</summary>
    private static void AddOpenTelemetry(WebApplicationBuilder builder)
    {
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("heartbeatgateway", serviceVersion: ServiceMetrics.Version));
        if (string.IsNullOrEmpty(builder.Configuration[GatewayConfiguration.OtlpEndpointKey])) return;
        telemetry
            .WithMetrics(metrics => metrics.AddMeter(GatewayMetrics.MeterName).AddOtlpExporter())
            .WithTracing(traces => traces.AddAspNetCoreInstrumentation().AddOtlpExporter());
    }
}
