using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Http;

namespace HeartbeatGateway.WebSockets;

/// <summary>What a request for a WebSocket says (RFC 6455, section 4.2.1). Filled by Kestrel's own parser, which refuses malformed heads.</summary>
internal sealed class UpgradeRequest : IHttpRequestLineHandler, IHttpHeadersHandler
{
    private bool _isWebSocket;
    private bool _isUpgrade;

    /// <summary>The path, without the query.</summary>
    public string Path { get; private set; } = "";

    /// <summary>The request is one of HTTP/1.1.</summary>
    public bool IsHttp11 { get; private set; }

    /// <summary>The client asks for a WebSocket: <c>Upgrade: websocket</c> and <c>Connection: Upgrade</c>.</summary>
    public bool AsksUpgrade => _isWebSocket && _isUpgrade;

    /// <summary>The version of the WebSocket protocol that the client speaks; empty when it names none.</summary>
    public string Version { get; private set; } = "";

    /// <summary>The key that the answer must prove to have read; empty when there is none.</summary>
    public string Key { get; private set; } = "";

    /// <summary>The origin of the page whose script connects; null when the client is no browser.</summary>
    public string? Origin { get; private set; }

    /// <summary>The addresses that proxies have added, the nearest last; empty when there are none.</summary>
    public string ForwardedFor { get; private set; } = "";

    /// <summary>A header that may come only once came twice, or the request has a body.</summary>
    public bool IsAmbiguous { get; private set; }

    public void OnStartLine(HttpVersionAndMethod versionAndMethod, TargetOffsetPathLength targetPath, Span<byte> startLine)
    {
        IsHttp11 = versionAndMethod.Version == HttpVersion.Http11;
        Path = Encoding.ASCII.GetString(startLine.Slice(targetPath.Offset, targetPath.Length));
    }

    public void OnHeader(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (Is(name, "Upgrade"u8)) _isWebSocket |= HasToken(value, "websocket"u8);
        else if (Is(name, "Connection"u8)) _isUpgrade |= HasToken(value, "upgrade"u8);
        else if (Is(name, "Sec-WebSocket-Version"u8)) Version = Once(Version, value);
        else if (Is(name, "Sec-WebSocket-Key"u8)) Key = Once(Key, value);
        else if (Is(name, "Origin"u8)) Origin = Once(Origin ?? "", value);
        else if (Is(name, "X-Forwarded-For"u8)) ForwardedFor = ForwardedFor.Length == 0 ? Encoding.ASCII.GetString(value) : $"{ForwardedFor},{Encoding.ASCII.GetString(value)}";
        else if (Is(name, "Transfer-Encoding"u8) || (Is(name, "Content-Length"u8) && !value.SequenceEqual("0"u8))) IsAmbiguous = true;
    }

    public void OnHeadersComplete(bool endStream)
    {
        // The reader knows the end of the head.
    }

    public void OnStaticIndexedHeader(int index) => throw new NotSupportedException("HTTP/1.1 has no indexed headers.");

    public void OnStaticIndexedHeader(int index, ReadOnlySpan<byte> value) => throw new NotSupportedException("HTTP/1.1 has no indexed headers.");

    private static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> header) => Ascii.EqualsIgnoreCase(name, header);

    private static bool HasToken(ReadOnlySpan<byte> list, ReadOnlySpan<byte> token)
    {
        foreach (var item in list.Split((byte)','))
        {
            if (Ascii.EqualsIgnoreCase(list[item].Trim(" \t"u8), token)) return true;
        }

        return false;
    }

    private string Once(string before, ReadOnlySpan<byte> value)
    {
        IsAmbiguous |= before.Length > 0;
        return Encoding.ASCII.GetString(value);
    }
}
