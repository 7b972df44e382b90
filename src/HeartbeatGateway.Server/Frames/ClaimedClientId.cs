using System.Buffers;
using System.Text.Json;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Shared.Logging;

namespace HeartbeatGateway.Server.Frames;

/// <summary>Finds the client id that the content of a refused hello claims. Reads a bounded part of it, and gives a bounded and escaped text.</summary>
internal static class ClaimedClientId
{
    /// <summary>Content that is searched, in bytes. The content before the first valid frame is no longer by default.</summary>
    public const int MaxSearchedBytes = 4096;

    /// <summary>The text of the first field <c>clientId</c> of the object, or of a field whose name differs in case and separators; null when there is none.</summary>
    public static string? Find(in ReadOnlySequence<byte> content)
    {
        var bytes = content.Slice(0, Math.Min(content.Length, MaxSearchedBytes)).ToArray().AsSpan();
        if (bytes.StartsWith("\uFEFF"u8)) bytes = bytes[3..];
        var reader = new Utf8JsonReader(bytes, isFinalBlock: false, new JsonReaderState(new JsonReaderOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip }));
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName || !HelloKeys.IsClientId(reader.ValueSpan)) continue;
                if (!reader.Read()) return null;
                return reader.TokenType == JsonTokenType.String ? PrintableText.From(reader.GetString()!, ClientId.MaxLength) : null;
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The bytes come from a peer: what is no JSON, or no text, claims nothing.
        }

        return null;
    }
}
