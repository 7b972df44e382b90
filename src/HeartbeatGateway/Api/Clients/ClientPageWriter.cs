using System.IO.Pipelines;
using System.Text.Json;

namespace HeartbeatGateway.Api.Clients;

/// <summary>Writes a page of clients as JSON, one entry at a time: a page of 1,000 has 300 KB, and no thread is to work on it in one go.</summary>
internal static class ClientPageWriter
{
    /// <summary>Entries are written in some 3 µs each.</summary>
    private const int EntriesBetweenPauses = 8;

    /// <summary>Pooled blocks; the answer is sent block by block. Nothing waits for the reader: the page bounds what is held.</summary>
    private static readonly PipeOptions Buffer = new(minimumSegmentSize: 64 * 1024, pauseWriterThreshold: 0, useSynchronizationContext: false);

    /// <summary>Writes a <see cref="ClientListing"/>.</summary>
    /// <param name="page">The page.</param>
    /// <param name="next">The cursor of the next page; null on the last one.</param>
    /// <param name="now">The time that ages are told for.</param>
    /// <param name="pace">The pace of the walk that found the page.</param>
    public static PipeReader Write(ClientPage page, string? next, DateTimeOffset now, WalkPace pace)
    {
        var pipe = new Pipe(Buffer);
        using (var json = new Utf8JsonWriter(pipe.Writer, new JsonWriterOptions { Encoder = ApiJson.Default.Options.Encoder, SkipValidation = true }))
        {
            json.WriteStartObject();
            json.WriteStartArray("clients"u8);
            foreach (var connection in pace.Over(page.Connections, EntriesBetweenPauses)) JsonSerializer.Serialize(json, ClientEntry.Of(connection, now), ApiJson.Default.ClientEntry);
            json.WriteEndArray();
            json.WriteString("next"u8, next);
            json.WriteNumber("watermark"u8, page.Watermark);
            json.WriteEndObject();
        }

        pipe.Writer.Complete();
        return pipe.Reader;
    }
}
