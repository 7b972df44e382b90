using System.Reflection;

namespace HeartbeatGateway.Page;

/// <summary>
/// Serves the status page: its files are in the program, and anyone may read them. They hold no data; the page gets all of it from the API,
/// with the operator's key.
/// </summary>
internal static class PageEndpoints
{
    private const string ResourcePrefix = "page/";
    private const string StartFile = "index.html";

    /// <summary>Scripts, styles and data of the gateway's own origin only; nothing inline, no form, no frame (W3C CSP 3).</summary>
    private const string SecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    public static void MapPage(this IEndpointRouteBuilder endpoints)
    {
        var files = ReadFiles();
        var start = files[StartFile];
        endpoints.MapMethods("/", Methods, context => SendAsync(context, start));
        foreach (var (name, file) in files.Where(f => f.Key != StartFile)) endpoints.MapMethods($"/page/{name}", Methods, context => SendAsync(context, file));
    }

    private static Dictionary<string, PageFile> ReadFiles()
    {
        var program = typeof(PageEndpoints).Assembly;
        return program.GetManifestResourceNames()
            .Where(name => name.StartsWith(ResourcePrefix, StringComparison.Ordinal))
            .ToDictionary(name => name[ResourcePrefix.Length..].Replace('\\', '/'), name => Read(program, name), StringComparer.Ordinal);
    }

    private static PageFile Read(Assembly program, string name)
    {
        using var stream = program.GetManifestResourceStream(name)!;
        return PageFile.Read(name, stream);
    }

    private static Task SendAsync(HttpContext context, PageFile file)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = SecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        // A browser keeps the files, and asks each time whether they have changed: after an upgrade none is old.
        headers.CacheControl = "no-cache";
        return Results.Bytes(file.Content, file.ContentType, entityTag: file.Tag).ExecuteAsync(context);
    }
}
