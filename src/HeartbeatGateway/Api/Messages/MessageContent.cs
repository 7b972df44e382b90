using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Api.Messages;

/// <summary>The type and content of a message, checked.</summary>
/// <param name="Type">The frame's type.</param>
/// <param name="Content">The content, in bytes.</param>
internal sealed record MessageContent(string Type, ReadOnlyMemory<byte> Content)
{
    private const int MaxTypeBytes = 50;

    /// <exception cref="ApiProblemException">Something is missing or wrong.</exception>
    public static MessageContent Read(string? type, string? text, JsonElement? json, string? base64, int maxContentBytes)
    {
        var content = ContentOf(text, json, base64);
        if (content.Length > maxContentBytes) throw Wrong("content_too_large", $"The content has {content.Length} bytes, but may have at most {maxContentBytes} (Gateway:Frames:MaxContentBytes).");
        return new MessageContent(TypeOf(type), content);
    }

    private static string TypeOf(string? type)
    {
        if (string.IsNullOrEmpty(type)) throw Wrong("invalid_type", "The field 'type' is missing: give the type of the message.");
        var bytes = Encoding.UTF8.GetBytes(type);
        if (bytes.Length > MaxTypeBytes) throw Wrong("invalid_type", $"The field 'type' has {bytes.Length} bytes of UTF-8, but may have at most {MaxTypeBytes}.");
        if (type.Any(char.IsControl) || type.Trim() != type) throw Wrong("invalid_type", "The field 'type' must not begin or end with a blank, or contain control characters: frames pad it with blanks.");
        if (FrameKinds.Of(bytes) is var kind && kind is not (FrameKind.Message or FrameKind.Other)) throw Wrong("invalid_type", $"The type '{type}' is one of the protocol's own; choose another.");
        return type;
    }

    private static byte[] ContentOf(string? text, JsonElement? json, string? base64)
    {
        var given = (text is null ? 0 : 1) + (json is null ? 0 : 1) + (base64 is null ? 0 : 1);
        if (given > 1) throw Wrong("invalid_content", "Only one of the fields 'text', 'json' and 'base64' may be given.");
        if (text is not null) return Encoding.UTF8.GetBytes(text);
        if (json is { } element) return JsonSerializer.SerializeToUtf8Bytes(element, ApiJson.Default.JsonElement);
        if (base64 is null) return [];
        if (!Base64.IsValid(base64)) throw Wrong("invalid_content", "The field 'base64' is not base64 (RFC 4648, section 4, with padding).");
        return Convert.FromBase64String(base64);
    }

    private static ApiProblemException Wrong(string code, string detail) => new(ApiProblem.BadRequest(code, detail));
}
