using HeartbeatGateway.Api.Streaming;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server.Messages;

namespace HeartbeatGateway.Webhook;

/// <summary>Registers the webhook.</summary>
internal static class WebhookServices
{
    /// <summary>
    /// Registers the metrics, and with <c>Gateway:Webhook:Url</c> the lanes, the presence events and the sink <c>webhook</c>. The sink gets messages when
    /// <c>Gateway:Messages:Sinks</c> names it.
    /// </summary>
    public static void AddWebhook(this IServiceCollection services, ServiceOptions options)
    {
        services.AddSingleton<WebhookMetrics>();
        if (!options.Webhook.IsOn()) return;
        services.AddSingleton(provider => new WebhookSettingsStore(
            provider.GetRequiredService<OptionsInForce>(), provider.GetRequiredService<TimeProvider>(), WebhookHandlers.Create, provider.GetRequiredService<ILogger<WebhookSettingsStore>>()));
        services.AddSingleton<WebhookReport>();
        services.AddSingleton<WebhookStop>();
        services.AddSingleton<WebhookRequests>();
        services.AddSingleton(provider => new WebhookBatches(provider.GetRequiredService<StreamEventId>().Run, provider.GetRequiredService<WebhookReport>()));
        if (options.Webhook.DeadLetterFile is { Length: > 0 } file) services.AddSingleton(provider => new DeadLetterFile(file, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new WebhookGiveUp(
            provider.GetRequiredService<WebhookSettingsStore>(), provider.GetService<DeadLetterFile>(), provider.GetRequiredService<WebhookMetrics>(), provider.GetRequiredService<WebhookReport>()));
        services.AddSingleton<WebhookLanes>();
        services.AddSingleton<WebhookPresence>();
        services.AddSingleton<WebhookSink>();
        services.AddSingleton<INamedMessageSink>(provider => provider.GetRequiredService<WebhookSink>());
        services.AddHostedService<WebhookLifetime>();
    }
}
