using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace HeartbeatGateway.Cli.Api.Models;

/// <summary>
/// The JSON of the HTTP API. Fields that a gateway leaves out are null, and fields that hbg does not know are ignored: gateway and hbg can have
/// different versions.
/// </summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ApiProblem))]
[JsonSerializable(typeof(BanBody))]
[JsonSerializable(typeof(BanListing))]
[JsonSerializable(typeof(BanResult))]
[JsonSerializable(typeof(BroadcastResult))]
[JsonSerializable(typeof(ClientDetails))]
[JsonSerializable(typeof(ClientEntry))]
[JsonSerializable(typeof(ConfigListing))]
[JsonSerializable(typeof(DeliveryMessage))]
[JsonSerializable(typeof(DisconnectBody))]
[JsonSerializable(typeof(DisconnectEntry))]
[JsonSerializable(typeof(DisconnectResults))]
[JsonSerializable(typeof(DrainBody))]
[JsonSerializable(typeof(DrainState))]
[JsonSerializable(typeof(GatewayStatus))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(MessageBody))]
[JsonSerializable(typeof(MessageResults))]
[JsonSerializable(typeof(NodeListing))]
[JsonSerializable(typeof(PresenceMessage))]
internal sealed partial class ApiJson : JsonSerializerContext
{
    // The output goes to terminals, files and scripts, not into web pages; control characters stay escaped.
    public static readonly JsonWriterOptions Output = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A value on one line. It is written anew, so that control characters in it are escaped.</summary>
    public static string Line(JsonElement value)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, Output)) value.WriteTo(writer);
        return Text(bytes);
    }

    /// <summary>What a writer has written. Characters without a picture, such as those that turn the direction of text, are escaped too.</summary>
    public static string Text(MemoryStream bytes)
    {
        var text = System.Text.Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
        // In JSON they can only be within strings.
        return text.Any(IsFormat) ? string.Concat(text.Select(c => IsFormat(c) ? $"\\u{(int)c:X4}" : $"{c}")) : text;
    }

    private static bool IsFormat(char c) => char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
