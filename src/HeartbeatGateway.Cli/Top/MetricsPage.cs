using System.Net.Http.Headers;
using HeartbeatGateway.Cli.Api.Access;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Top;

/// <summary>Reads a gateway's <c>/metrics</c>.</summary>
internal sealed class MetricsPage : IDisposable
{
    private const int MaxPageBytes = 16 * 1024 * 1024;

    private readonly HttpClient _http;
    private readonly TimeProvider _time;

    /// <param name="address">The address of the page.</param>
    /// <param name="settings">A key, which a gateway can demand for its metrics too, the trusted certificates, and the time limit.</param>
    /// <param name="environment">HTTP and the clock.</param>
    public MetricsPage(Uri address, ApiSettings settings, CliEnvironment environment)
    {
        Address = address;
        _time = environment.Time;
        // Without a key, redirects are followed, as before there were keys.
        var handler = settings.Key is null && settings.TrustedRoots is null ? environment.Http() : settings.CreateHandler(environment);
        _http = new HttpClient(handler) { Timeout = settings.Timeout, MaxResponseContentBufferSize = MaxPageBytes };
        if (settings.Key is { } key) _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    public Uri Address { get; }

    /// <summary>Accepts <c>host</c>, <c>host:port</c>, and URLs with or without a path.</summary>
    /// <exception cref="CliException">The text has another form.</exception>
    public static Uri Complete(string address)
    {
        var text = address.Contains("://", StringComparison.Ordinal) ? address : $"http://{address}";
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0)
        {
            throw new CliException(ExitCode.Usage, $"'{address}' is not a gateway address: write host:port or http://host:port.");
        }

        // Without a port, the default is the gateway's HTTP port, not the default port of web servers.
        var builder = new UriBuilder(uri) { Fragment = "" };
        if (uri.IsDefaultPort && !text.TrimEnd('/').EndsWith($":{uri.Port}", StringComparison.Ordinal) && uri.Scheme == "http") builder.Port = 8080;
        if (uri.AbsolutePath == "/") builder.Path = "/metrics";
        return builder.Uri;
    }

    /// <summary>The gateway that a metrics page belongs to: the address without <c>metrics</c> at its end, or without its path.</summary>
    public static Uri GatewayOf(Uri page)
    {
        const string Page = "/metrics";
        var path = page.AbsolutePath.EndsWith(Page, StringComparison.Ordinal) ? page.AbsolutePath[..^Page.Length] : "";
        return new UriBuilder(page) { Path = $"{path}/", Query = "" }.Uri;
    }

    /// <exception cref="CliException">The page cannot be read, or is not the metrics page of a gateway.</exception>
    public async Task<Scrape> ScrapeAsync(CancellationToken cancellation)
    {
        try
        {
            using var response = await _http.GetAsync(Address, cancellation);
            if (!response.IsSuccessStatusCode)
            {
                throw new CliException(ExitCode.NoGateway, $"{Address} answered {(int)response.StatusCode} {response.ReasonPhrase}.{KeyAdvice(response)}");
            }

            var scrape = new Scrape(PrometheusText.Parse(await response.Content.ReadAsStringAsync(cancellation)), _time.GetUtcNow());
            return scrape.IsGateway ? scrape : throw new CliException(
                ExitCode.NoGateway, $"{Address} is a metrics page, but not a gateway's: heartbeatgateway_connected_clients is missing.");
        }
        catch (HttpRequestException e)
        {
            throw new CliException(ExitCode.NoGateway, $"{Address} cannot be reached: {e.Message}", e);
        }
        catch (FormatException e)
        {
            throw new CliException(ExitCode.NoGateway, $"{Address} is not a metrics page: {e.Message}.", e);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new CliException(ExitCode.NoGateway, $"{Address} did not answer within {Options.Duration.Describe(_http.Timeout)}.", e);
        }
    }

    public void Dispose() => _http.Dispose();

    private static string KeyAdvice(HttpResponseMessage response) => (int)response.StatusCode is 401 or 403
        ? $" The gateway demands a key for its metrics (Gateway:Admin:RequireKeyForMetrics): {ApiKeySource.Variable}, {ApiKeySource.FileVariable} or --key-file."
        : "";
}
