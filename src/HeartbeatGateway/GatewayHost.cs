using System.Diagnostics.Metrics;
using HeartbeatGateway.Api;
using HeartbeatGateway.Authorization;
using HeartbeatGateway.Bans;
using HeartbeatGateway.Cluster;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Health;
using HeartbeatGateway.Page;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Systemd;
using HeartbeatGateway.Telemetry;
using HeartbeatGateway.Tls;
using HeartbeatGateway.Transport;
using HeartbeatGateway.Webhook;
using HeartbeatGateway.WebSockets;
using Microsoft.AspNetCore.Connections;
using Prometheus;

namespace HeartbeatGateway;

/// <summary>Composes the service.</summary>
internal static class GatewayHost
{
    /// <summary>Creates the builder: configuration and environment, before any service is registered.</summary>
    /// <exception cref="GatewayOptionsException">A settings file cannot be used.</exception>
    public static WebApplicationBuilder CreateBuilder(string[] args)
    {
        var options = new WebApplicationOptions
        {
            Args = [SettingsFiles.WithoutWatchers, .. args],
            // appsettings.json is read from the program's folder, not from the working directory.
            ContentRootPath = AppContext.BaseDirectory,
            // A variable of the shell takes precedence over the launch profile, which can set only one of the two.
            EnvironmentName = Environment.GetEnvironmentVariable("ASPNETCORE_ENVIRONMENT") ?? Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT"),
        };
        try
        {
            var builder = WebApplication.CreateSlimBuilder(options);
            SettingsFiles.Install(builder.Configuration, AppContext.BaseDirectory);
            return builder;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            // The framework's own sources read the files first. Their messages do not give the line, or name no file.
            SettingsFiles.ThrowIfUnusable(AppContext.BaseDirectory, e.Message);
            throw;
        }
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
        services.AddSingleton(new OptionsInForce(options));
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(new CollectorRegistry());
        services.AddSingleton<PrometheusBridge>();
        services.AddSingleton<ServiceMetrics>();
        services.AddSingleton<ILogLines, LogLines>();
        services.AddAuthorizationService(options.Authorization);
        services.AddCluster(options);
        services.AddHeartbeatGateway((GatewayOptions)options);
        services.AddSingleton<HttpMetrics>();
        services.AddSingleton<GatewayTransportFactory>();
        services.AddSingleton<IConnectionListenerFactory>(provider => provider.GetRequiredService<GatewayTransportFactory>());
        services.AddSingleton<CertificateStore>();
        services.AddSingleton(provider => new HandshakeGate(options.Tls, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ClientCertificateWatch>();
        services.AddSingleton<TlsLayer>();
        services.AddSingleton<WebSocketLayer>();
        services.AddSingleton(provider => new TlsMetrics(options, provider.GetRequiredService<IMeterFactory>(), provider.GetRequiredService<CertificateStore>));
        services.AddSingleton<TransportMetrics>();
        services.AddSingleton<LivenessProbe>();
        services.AddSingleton<Readiness>();
        services.AddSingleton<ReloadStatus>();
        services.AddBans();
        services.AddApi();
        services.AddHostedService<GatewayLifetime>();
        // Behind the lifetime, and so stopped before it: its stop follows the drain, which is an earlier step of the host's.
        services.AddWebhook(options);
        services.AddHostedService<SettingsWatch>();
        services.AddBanWatch();
        services.AddHostedService<StartReport>();
        SystemdNotifications.Add(services);
        OpenTelemetryExport.Add(builder);
        Listen(builder, options);

        var app = builder.Build();
        var registry = app.Services.GetRequiredService<CollectorRegistry>();
        DotNetStats.Register(registry);
        // Both are created here, so that they exist before the first connection is counted.
        var bridge = app.Services.GetRequiredService<PrometheusBridge>();
        bridge.Follow(app.Services.GetRequiredService<GatewayEngine>().HeartbeatIntervals);
        app.Services.GetRequiredService<ServiceMetrics>();
        app.Services.GetRequiredService<TlsMetrics>();
        app.Services.GetRequiredService<TransportMetrics>();
        app.Services.GetRequiredService<WebhookMetrics>();
        app.Services.GetRequiredService<AuthorizationMetrics>();
        app.Services.LoadBans();
        app.UseHttpRequestTracking(HealthEndpoints.IsHealthPage);
        app.UseApi();
        app.MapMetricsPage(registry).RequireAuthorization(ApiHost.MetricsPolicy(app.Services));
        app.MapHealth();
        app.MapApi();
        app.MapPage();
        return app;
    }

    private static void Listen(WebApplicationBuilder builder, ServiceOptions options)
    {
        var http = HttpEndpoints.Read(builder.Configuration);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Without the section Kestrel, which the framework would otherwise follow at each reload: it could open endpoints of its own.
            kestrel.Configure(new ConfigurationBuilder().Build());
            options.Http.Apply(kestrel.Limits);
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
            if (options.WebSocket.IsOn()) WebSocketEndpoint.Listen(kestrel, options);
        });
    }
}
