using System.Diagnostics.Metrics;
using HeartbeatGateway.Api;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Health;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Telemetry;
using HeartbeatGateway.Tls;
using HeartbeatGateway.Transport;
using Microsoft.AspNetCore.Connections;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Prometheus;

namespace HeartbeatGateway;

/// <summary>Composes the service.</summary>
internal static class GatewayHost
{
    /// <summary>Creates the builder: configuration and environment, before any service is registered.</summary>
    public static WebApplicationBuilder CreateBuilder(string[] args)
    {
        return WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            Args = args,
            // appsettings.json is read from the program's folder, not from the working directory.
            ContentRootPath = AppContext.BaseDirectory,
            // A variable of the shell takes precedence over the launch profile, which can set only one of the two.
            EnvironmentName = Environment.GetEnvironmentVariable("ASPNETCORE_ENVIRONMENT") ?? Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT"),
        });
    }

    /// <summary>Reads the configuration, registers all services and builds the application.</summary>
    /// <param name="builder">The result of <see cref="CreateBuilder"/>.</param>
    /// <param name="logOutput">The stream that log lines are written to; null for standard output.</param>
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
        services.AddHeartbeatGateway((GatewayOptions)options);
        services.AddSingleton<GatewayTransportFactory>();
        services.AddSingleton<IConnectionListenerFactory>(provider => provider.GetRequiredService<GatewayTransportFactory>());
        services.AddSingleton<CertificateStore>();
        services.AddSingleton(provider => new HandshakeGate(options.Tls, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ClientCertificateWatch>();
        services.AddSingleton<TlsLayer>();
        services.AddSingleton(provider => new TlsMetrics(options, provider.GetRequiredService<IMeterFactory>(), provider.GetRequiredService<CertificateStore>));
        services.AddSingleton<LivenessProbe>();
        services.AddSingleton<Readiness>();
        services.AddApi();
        services.AddHostedService<GatewayLifetime>();
        // Notifies systemd of readiness and of shutdown, if systemd started the process. Does nothing elsewhere.
        services.AddSystemd();
        AddOpenTelemetry(builder);
        Listen(builder, options);

        var app = builder.Build();
        var registry = app.Services.GetRequiredService<CollectorRegistry>();
        DotNetStats.Register(registry);
        // Both are created here, so that they exist before the first connection is counted.
        var bridge = app.Services.GetRequiredService<PrometheusBridge>();
        bridge.Follow(app.Services.GetRequiredService<GatewayEngine>().HeartbeatIntervals);
        app.Services.GetRequiredService<ServiceMetrics>();
        app.Services.GetRequiredService<TlsMetrics>();
        app.UseApi();
        app.MapMetrics("/metrics", registry).RequireAuthorization(ApiHost.MetricsPolicy(app.Services));
        app.MapHealth();
        app.MapApi();
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
                    endpoint.UseHeartbeatGatewayAdmission();
                    kestrel.ApplicationServices.GetRequiredService<TlsLayer>().Use(endpoint);
                }

                endpoint.UseHeartbeatGateway();
            });
        });
    }

    /// <summary>Exports the same instruments and the HTTP traces by OTLP, if an OTLP endpoint is configured.</summary>
    private static void AddOpenTelemetry(WebApplicationBuilder builder)
    {
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("heartbeatgateway", serviceVersion: ServiceMetrics.Version));
        if (string.IsNullOrEmpty(builder.Configuration[GatewayConfiguration.OtlpEndpointKey])) return;
        telemetry
            .WithMetrics(metrics => metrics.AddMeter(ServiceMetrics.MeterName).AddOtlpExporter())
            .WithTracing(traces => traces.AddAspNetCoreInstrumentation().AddOtlpExporter());
    }
}
