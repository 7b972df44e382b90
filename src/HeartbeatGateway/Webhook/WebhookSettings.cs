using HeartbeatGateway.Configuration;

namespace HeartbeatGateway.Webhook;

/// <summary>The settings of the webhook in force, with what its files hold. Immutable.</summary>
/// <param name="Url">The receiver; null when the setting was removed, and then nothing is sent.</param>
/// <param name="Options">The options.</param>
/// <param name="Files">The secrets and certificates.</param>
/// <param name="Http">Sends requests.</param>
internal sealed record WebhookSettings(Uri? Url, WebhookOptions Options, WebhookFiles Files, HttpMessageInvoker Http)
{
    /// <summary>The receiver for log lines: no query.</summary>
    public string ShownUrl => Url is null ? "(none)" : Configuration.ShownUrl.Redact(Url.OriginalString) ?? "(hidden)";
}
