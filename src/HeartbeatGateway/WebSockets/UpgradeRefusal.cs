using System.Text;

namespace HeartbeatGateway.WebSockets;

/// <summary>Why a request gets no WebSocket, and what it is answered.</summary>
/// <param name="Detail">One sentence, for the log and for the response.</param>
/// <param name="Response">The whole HTTP response.</param>
internal sealed record UpgradeRefusal(string Detail, ReadOnlyMemory<byte> Response)
{
    public static UpgradeRefusal Incomplete { get; } = Of("400 Bad Request", "the peer closed within its request");

    public static UpgradeRefusal NoGetRequest { get; } = Of("405 Method Not Allowed", "a connection to this endpoint must begin with a GET request for a WebSocket", "Allow: GET");

    public static UpgradeRefusal BadRequest { get; } = Of("400 Bad Request", "the request is no HTTP/1.1 request, has a body, or has a header twice that may come once");

    public static UpgradeRefusal HeadTooLarge { get; } = Of("431 Request Header Fields Too Large", $"the request's head has more than {UpgradeReader.MaxHeadBytes} bytes");

    public static UpgradeRefusal WrongPath { get; } = Of("404 Not Found", "the request's path is not Gateway:WebSocket:Path", body: "There is nothing at this path.");

    public static UpgradeRefusal NoUpgrade { get; } = Of("426 Upgrade Required", "the request asks for no WebSocket of version 13", "Upgrade: websocket\r\nSec-WebSocket-Version: 13");

    public static UpgradeRefusal BadKey { get; } = Of("400 Bad Request", "Sec-WebSocket-Key must be 16 bytes in base64");

    public static UpgradeRefusal NoOrigin { get; } = Of("403 Forbidden", "under the token scheme none, a client without Origin is allowed only if Gateway:WebSocket:AllowedOrigins holds *", body: "The Origin header is missing.");

    public static UpgradeRefusal AddressLimit { get; } = Of("429 Too Many Requests", "the client's address has as many connections as one address may have");

    private static UpgradeRefusal OtherOrigin { get; } = Of("403 Forbidden", "its origin is not in Gateway:WebSocket:AllowedOrigins", body: "This origin may not connect.");

    /// <param name="origin">The origin, escaped.</param>
    public static UpgradeRefusal ForeignOrigin(string origin) => OtherOrigin with { Detail = $"the origin '{origin}' is not in Gateway:WebSocket:AllowedOrigins" };

    private static UpgradeRefusal Of(string status, string detail, string? header = null, string? body = null)
    {
        body = (body ?? $"{char.ToUpperInvariant(detail[0])}{detail[1..]}.") + "\n";
        var headers = header is null ? "" : $"{header}\r\n";
        return new UpgradeRefusal(detail, Encoding.ASCII.GetBytes(
            $"HTTP/1.1 {status}\r\n{headers}Connection: close\r\nContent-Type: text/plain\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
    }
}
