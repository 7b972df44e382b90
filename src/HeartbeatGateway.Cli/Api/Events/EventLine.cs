using System.Globalization;
using System.Text.Json;
using HeartbeatGateway.Cli.Api.Models;
using HeartbeatGateway.Cli.Api.Output;

namespace HeartbeatGateway.Cli.Api.Events;

/// <summary>What the lines of all kinds of events share.</summary>
internal static class EventLine
{
    /// <summary>The data of an event.</summary>
    /// <exception cref="ApiException">It is not a JSON object.</exception>
    public static JsonElement Parse(ApiRun run, string data)
    {
        try
        {
            var element = JsonSerializer.Deserialize(data, ApiJson.Default.JsonElement);
            return element.ValueKind == JsonValueKind.Object ? element : throw run.Api.Malformed("an event that is no object");
        }
        catch (JsonException)
        {
            throw run.Api.Malformed("an event that is no JSON");
        }
    }

    /// <summary>The gateway's object, with the name and the id of the event before it.</summary>
    public static string Json(ServerSentEvent e, JsonElement data)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, ApiJson.Output))
        {
            writer.WriteStartObject();
            writer.WriteString("event", e.Name);
            writer.WriteString("id", e.Id);
            foreach (var property in data.EnumerateObject()) property.WriteTo(writer);
            writer.WriteEndObject();
        }

        return ApiJson.Text(bytes);
    }

    /// <summary>A time of day in UTC.</summary>
    public static string Clock(DateTimeOffset? time) => time?.UtcDateTime.ToString("HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture) ?? Facts.None;
}
