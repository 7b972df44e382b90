using System.Net;
using System.Text.RegularExpressions;
using HeartbeatGateway.Tests.Support;

namespace HeartbeatGateway.Tests.Page;

/// <summary>The files of the status page, as the gateway serves them. The page itself is tested in a browser (tests/Browser).</summary>
public sealed partial class PageTests
{
    [Fact]
    public async Task The_page_is_served_to_anyone_with_a_strict_policy_and_a_validator()
    {
        await using var host = await ServiceHost.StartAsync("--Gateway:Admin:Keys:0:Id=reader", "--Gateway:Admin:Keys:0:Key=read-key-0123456789");
        using var response = await host.Http.GetAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/html; charset=utf-8", $"{response.Content.Headers.ContentType}");
        Assert.Equal(
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            response.Headers.GetValues("Content-Security-Policy").Single());
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("no-referrer", response.Headers.GetValues("Referrer-Policy").Single());
        Assert.Equal("no-cache", $"{response.Headers.CacheControl}");
        Assert.False(response.Headers.Contains("Set-Cookie"));

        using var again = new HttpRequestMessage(HttpMethod.Get, "/");
        again.Headers.IfNoneMatch.Add(response.Headers.ETag!);
        using var unchanged = await host.Http.SendAsync(again, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
        using var head = new HttpRequestMessage(HttpMethod.Head, "/");
        using var headers = await host.Http.SendAsync(head, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, headers.StatusCode);
    }

    [Fact]
    public async Task Every_file_that_the_page_refers_to_is_served_with_its_type()
    {
        await using var host = await ServiceHost.StartAsync();
        var paths = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in OwnFiles())
        {
            var text = Read(file);
            if (file.EndsWith(".html", StringComparison.Ordinal)) paths.UnionWith(Reference().Matches(text).Select(m => "/" + m.Groups["path"].Value));
            else paths.UnionWith(Import().Matches(text).Select(m => "/page/js/" + m.Groups["path"].Value));
        }

        Assert.True(paths.Count > 20, $"The page refers to {paths.Count} files.");
        foreach (var path in paths)
        {
            using var response = await host.Http.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
            Assert.True(response.IsSuccessStatusCode, path);
            var type = Path.GetExtension(path) switch { ".css" => "text/css", ".svg" => "image/svg+xml", _ => "text/javascript" };
            Assert.Equal(type, response.Content.Headers.ContentType!.MediaType);
            Assert.True(response.Headers.Contains("Content-Security-Policy"), path);
        }
    }

    [Theory]
    [InlineData("/page")]
    [InlineData("/page/")]
    [InlineData("/page/index.html")]
    [InlineData("/page/js/none.mjs")]
    [InlineData("/page/js/../../appsettings.json")]
    [InlineData("/page/js/%2e%2e/%2e%2e/appsettings.json")]
    [InlineData("/index.html")]
    public async Task There_is_nothing_at_other_addresses(string path)
    {
        await using var host = await ServiceHost.StartAsync();
        Assert.Equal(HttpStatusCode.NotFound, await host.StatusAsync(path));
    }

    [Fact]
    public async Task The_page_cannot_be_posted_to()
    {
        await using var host = await ServiceHost.StartAsync();
        using var response = await host.Http.PostAsync(new Uri("/", UriKind.Relative), null, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
    }

    /// <summary>What clients chose must not become markup or script, and the page has to work offline.</summary>
    [Fact]
    public void No_file_writes_markup_has_inline_code_or_names_another_host()
    {
        foreach (var name in OwnFiles())
        {
            var text = Read(name);
            Assert.False(Sink().IsMatch(text), $"{name} holds {Sink().Match(text).Value}");
            Assert.False(Inline().IsMatch(text) && name.EndsWith(".html", StringComparison.Ordinal), $"{name} holds {Inline().Match(text).Value}");
            foreach (Match match in Address().Matches(text)) Assert.Equal("http://www.w3.org/2000/svg", match.Value);
        }
    }

    [Fact]
    public void The_vendored_library_is_unchanged_and_has_its_licence_and_version_beside_it()
    {
        Assert.StartsWith("uPlot 1.6.32 ", Read("page/vendor/README.txt"), StringComparison.Ordinal);
        Assert.Contains("(v1.6.32)", Read("page/vendor/uPlot.iife.min.js").Split('\n')[0], StringComparison.Ordinal);
        Assert.StartsWith("The MIT License", Read("page/vendor/uPlot.LICENSE.txt"), StringComparison.Ordinal);
    }

    /// <summary>The files in the program, without the vendored ones.</summary>
    private static IEnumerable<string> OwnFiles() =>
        typeof(GatewayHost).Assembly.GetManifestResourceNames().Where(n => n.StartsWith("page/", StringComparison.Ordinal) && !n.StartsWith("page/vendor/", StringComparison.Ordinal));

    private static string Read(string name)
    {
        using var reader = new StreamReader(typeof(GatewayHost).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    [GeneratedRegex("(?:src|href)=\"(?<path>page/[^\"]+)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Reference();

    [GeneratedRegex("(?:from|import) '\\./(?<path>[^']+)'", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Import();

    [GeneratedRegex("innerHTML|outerHTML|insertAdjacentHTML|document\\.write|DOMParser|createContextualFragment|srcdoc|\\beval\\(|new Function|EventSource|localStorage|document\\.cookie", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Sink();

    [GeneratedRegex("<style|style=|\\son[a-z]+=|<script(?![^>]*\\ssrc=)|javascript:", RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Inline();

    [GeneratedRegex("https?://[^\\s\"'`]+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Address();
}
