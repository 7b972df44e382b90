using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace HeartbeatGateway.Api;

/// <summary>Reads request bodies: JSON only, bounded, and with the place of an error in the answer.</summary>
internal static class ApiBody
{
    /// <summary>The largest body, in bytes.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <exception cref="ApiProblemException">The body cannot be read.</exception>
    public static async Task<T> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type)
    {
        if (!context.Request.HasJsonContentType())
        {
            // Also keeps forms of other sites out: a browser asks for permission before it sends JSON to another origin.
            throw new ApiProblemException(ApiProblem.Create(StatusCodes.Status415UnsupportedMediaType, "json_required", "The body must be JSON: send it with Content-Type: application/json."));
        }

        if (context.Request.ContentLength > MaxBytes) throw TooLarge();
        try
        {
            return await JsonSerializer.DeserializeAsync(context.Request.Body, type, context.RequestAborted)
                ?? throw new ApiProblemException(ApiProblem.BadRequest("invalid_body", "The body is null, but must be an object."));
        }
        catch (JsonException e)
        {
            var place = e.LineNumber is { } line ? $"line {line + 1}, byte {e.BytePositionInLine + 1}" : "its end";
            var path = e.Path is null or "$" ? "" : $" ({ApiText.Quote(e.Path)})";
            throw new ApiProblemException(ApiProblem.BadRequest("invalid_body", $"The body is not the JSON that this endpoint takes: error at {place}{path}."));
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw TooLarge();
        }
    }

    private static ApiProblemException TooLarge() =>
        new(ApiProblem.Create(StatusCodes.Status413PayloadTooLarge, "body_too_large", $"The body may have at most {MaxBytes} bytes."));
}
