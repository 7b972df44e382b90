using System.Globalization;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server.Options;

namespace HeartbeatGateway.Webhook;

/// <summary>
/// The settings of the webhook in force. Looks at the options in force and at the secret and TLS files every few seconds, since mounted files change behind
/// symbolic links. Files that cannot be used change nothing. Thread-safe.
/// </summary>
internal sealed class WebhookSettingsStore : IDisposable
{
    /// <summary>How often the files are looked at.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>A client that was replaced ends its requests within their timeout.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly OptionsInForce _options;
    private readonly TimeProvider _timeProvider;
    private readonly Func<WebhookOptions, WebhookFiles, HttpMessageHandler> _makeHandler;
    private readonly ILogger _logger;
    private readonly List<(HttpMessageInvoker Http, long Since, TimeSpan Timeout)> _replaced = [];
    private readonly ITimer _timer;
    private ServiceOptions _seen;
    private volatile WebhookSettings _current;
    private string? _lastError;

    /// <param name="options">The options in force.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="makeHandler">Makes the HTTP client: <see cref="WebhookHandlers.Create"/>.</param>
    /// <param name="logger">Gets a line for each change of a file.</param>
    /// <exception cref="GatewayOptionsException">A file cannot be used.</exception>
    public WebhookSettingsStore(
        OptionsInForce options, TimeProvider timeProvider, Func<WebhookOptions, WebhookFiles, HttpMessageHandler> makeHandler, ILogger<WebhookSettingsStore> logger)
    {
        (_options, _timeProvider, _makeHandler, _logger) = (options, timeProvider, makeHandler, logger);
        _seen = options.Value;
        _current = Make(_seen.Webhook, WebhookFiles.Load(_seen.Webhook), null);
        _timer = timeProvider.CreateTimer(static state => ((WebhookSettingsStore)state!).Look(), this, Interval, Interval);
    }

    /// <summary>The settings in force.</summary>
    public WebhookSettings Current => _current;

    public void Dispose()
    {
        _timer.Dispose();
        lock (_lock)
        {
            foreach (var (http, _, _) in _replaced) http.Dispose();
            _replaced.Clear();
            _current.Http.Dispose();
        }
    }

    private void Look()
    {
        lock (_lock)
        {
            DisposeReplaced();
            var options = _options.Value;
            try
            {
                var files = WebhookFiles.Load(options.Webhook, _current.Files);
                var filesChanged = files.SecretsFingerprint != _current.Files.SecretsFingerprint || files.TlsFingerprint != _current.Files.TlsFingerprint;
                if (filesChanged || !ReferenceEquals(options, _seen)) _current = Make(options.Webhook, files, _current);
                // Only now: options that could not be used because of a file are looked at again.
                _seen = options;
                if (filesChanged) _logger.WebhookFilesReloaded(files.Secrets.Count);
                _lastError = null;
            }
            catch (GatewayOptionsException e)
            {
                // A certificate and its key are seldom written in one step: logged when the error changes, and read again.
                if (e.Message != _lastError) _logger.WebhookFilesRefused(e.Message);
                _lastError = e.Message;
            }
        }
    }

    private WebhookSettings Make(WebhookOptions options, WebhookFiles files, WebhookSettings? previous)
    {
        var url = options.IsOn() ? new Uri(options.Url!, UriKind.Absolute) : null;
        if (previous is not null && HandlerKeyOf(previous.Options, previous.Files) == HandlerKeyOf(options, files)) return new WebhookSettings(url, options, files, previous.Http);
        if (previous is not null) _replaced.Add((previous.Http, _timeProvider.GetTimestamp(), previous.Options.Timeout + Margin));
        return new WebhookSettings(url, options, files, new HttpMessageInvoker(_makeHandler(options, files)));
    }

    private void DisposeReplaced()
    {
        foreach (var old in _replaced.Where(r => _timeProvider.GetElapsedTime(r.Since) > r.Timeout).ToList())
        {
            old.Http.Dispose();
            _replaced.Remove(old);
        }
    }

    /// <summary>What a new HTTP client is made for.</summary>
    private static string HandlerKeyOf(WebhookOptions options, WebhookFiles files) =>
        string.Create(CultureInfo.InvariantCulture, $"{options.Timeout}|{options.MaxResponseBytes}|{options.UseEnvironmentProxy}|{files.TlsFingerprint}");
}
