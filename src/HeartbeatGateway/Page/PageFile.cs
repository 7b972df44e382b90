using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace HeartbeatGateway.Page;

/// <summary>A file of the status page, with the validator that browsers send to ask whether it has changed.</summary>
/// <param name="Content">Its bytes.</param>
/// <param name="ContentType">Its type, from its name.</param>
/// <param name="Tag">A hash of the bytes.</param>
internal sealed record PageFile(byte[] Content, string ContentType, EntityTagHeaderValue Tag)
{
    public static PageFile Read(string name, Stream stream)
    {
        using var content = new MemoryStream();
        stream.CopyTo(content);
        var bytes = content.ToArray();
        return new PageFile(bytes, TypeOf(name), new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 8))}\""));
    }

    private static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".mjs" or ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        ".txt" => "text/plain; charset=utf-8",
        var other => throw new NotSupportedException($"The status page has no files of the type {other}."),
    };
}
