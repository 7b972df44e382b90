using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Top;

/// <summary>Reads a gateway's <c>/metrics</c>.</summary>
internal sealed class MetricsPage : IDisposable
{
    private const int MaxPageBytes = 16 * 1024 * 1024;

    private readonly HttpClient _http;
    private readonly TimeProvider _time;

    public MetricsPage(string address, CliEnvironment environment, TimeSpan timeout)
    {
        Address = Complete(address);
        _time = environment.Time;
        _http = new HttpClient(environment.Http()) { Timeout = timeout, MaxResponseContentBufferSize = MaxPageBytes };
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

    /// <exception cref="CliException">The page cannot be read, or is not the metrics page of a gateway.</exception>
    public async Task<Scrape> ScrapeAsync(CancellationToken cancellation)
    {
        try
        {
            using var response = await _http.GetAsync(Address, cancellation);
            if (!response.IsSuccessStatusCode)
            {
                throw new CliException(ExitCode.NoGateway, $"{Address} answered {(int)response.StatusCode} {response.ReasonPhrase}.");
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
}
