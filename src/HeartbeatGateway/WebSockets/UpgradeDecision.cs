using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Shared.Logging;

namespace HeartbeatGateway.WebSockets;

/// <summary>Decides on a request for a WebSocket, and makes the answer that accepts it (RFC 6455, section 4.2.2).</summary>
internal static class UpgradeDecision
{
    private const int KeyBytes = 16;
    private const int MaxShownOrigin = 80;
    private const string Version = "13";

    /// <summary>Why the request is refused; null when it is accepted.</summary>
    /// <param name="request">The request.</param>
    /// <param name="options">The options in force.</param>
    /// <param name="path">The path of the endpoint, which is that of the start.</param>
    public static UpgradeRefusal? FindRefusal(UpgradeRequest request, ServiceOptions options, string path)
    {
        if (!request.IsHttp11 || request.IsAmbiguous) return UpgradeRefusal.BadRequest;
        if (request.Path != path) return UpgradeRefusal.WrongPath;
        // Before the headers of the upgrade: a foreign page learns nothing else.
        if (FindOriginRefusal(request.Origin, options) is { } refusal) return refusal;
        if (!request.AsksUpgrade || request.Version != Version) return UpgradeRefusal.NoUpgrade;
        return IsKey(request.Key) ? null : UpgradeRefusal.BadKey;
    }

    /// <summary>The response that accepts a request.</summary>
    /// <param name="key">Its Sec-WebSocket-Key.</param>
    public static byte[] Accept(string key)
    {
        // RFC 6455 prescribes SHA-1 here: it proves that the server knows the protocol, and protects nothing.
#pragma warning disable CA5350
        var accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes($"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
        return Encoding.ASCII.GetBytes($"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n");
    }

    private static UpgradeRefusal? FindOriginRefusal(string? origin, ServiceOptions options)
    {
        var allowed = options.WebSocket.AllowedOrigins;
        if (allowed.Contains(WebSocketEndpointOptions.AnyOrigin)) return null;
        if (origin is null) return options.Tokens.Scheme == "none" ? UpgradeRefusal.NoOrigin : null;
        return allowed.Contains(origin) ? null : UpgradeRefusal.ForeignOrigin(PrintableText.From(origin, MaxShownOrigin));
    }

    private static bool IsKey(string key) => Base64.IsValid(key, out var bytes) && bytes == KeyBytes;
}
