using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using HeartbeatGateway.Cli.Api.Models;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Api.Output;

/// <summary>Reads pages and writes each one as soon as it is there: as a table, or as one JSON object per line.</summary>
/// <param name="Path">The address of the list.</param>
/// <param name="Items">The field of an answer that holds the list.</param>
/// <param name="Noun">What an item is, for remarks.</param>
/// <param name="Type">How an item is read.</param>
/// <param name="Columns">The columns of the table.</param>
internal sealed record Listing<T>(string Path, string Items, string Noun, JsonTypeInfo<T> Type, IReadOnlyList<TextColumn<T>> Columns)
    where T : class
{
    private const int MaxPage = 1000;

    /// <param name="run">The command.</param>
    /// <param name="query">Filter and order.</param>
    /// <param name="limit">The most items; null for all.</param>
    /// <exception cref="ApiException">A page cannot be read.</exception>
    public async Task WriteAsync(ApiRun run, ApiQuery query, int? limit)
    {
        var table = new TextTable<T>(Columns, run.Environment.OutputWidth());
        var (count, hasMore) = (0, false);
        await foreach (var (items, next) in PagesAsync(run.Api, query, limit, run.Cancellation))
        {
            count += items.Count;
            hasMore = next;
            if (run.IsJson)
            {
                foreach (var item in items) await run.WriteAsync(ApiJson.Line(item));
            }
            else if (count > 0)
            {
                foreach (var line in table.Lines([.. items.Select(item => run.Api.Read(item, Type))])) await run.WriteAsync(line);
            }
        }

        if (count == 0) await run.NoteAsync($"no {Noun} matches.");
        else if (hasMore) await run.NoteAsync($"{Plural.Of(count, Noun)} shown, and there are more: --limit N or --all shows them.");
    }

    /// <summary>The pages, each with the fact that there are more items after it.</summary>
    public async IAsyncEnumerable<(IReadOnlyList<JsonElement> Items, bool HasMore)> PagesAsync(
        GatewayApi api, ApiQuery query, int? limit, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        string? cursor = null;
        var left = limit ?? int.MaxValue;
        do
        {
            var page = await api.GetAsync($"{Path}{query.Copy().Add("limit", Math.Min(left, MaxPage)).Add("cursor", cursor)}", cancellation);
            var items = ItemsOf(api, page);
            var next = page.TryGetProperty("next", out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
            yield return (items, next is not null);
            left -= items.Count;
            // A gateway that gives the same page again would keep hbg busy without end.
            if (next is not null && (items.Count == 0 || next == cursor)) throw api.Malformed("a page that does not end");
            cursor = next;
        }
        while (cursor is not null && left > 0);
    }

    private IReadOnlyList<JsonElement> ItemsOf(GatewayApi api, JsonElement page) =>
        page.ValueKind == JsonValueKind.Object && page.TryGetProperty(Items, out var items) && items.ValueKind == JsonValueKind.Array
            ? [.. items.EnumerateArray()]
            : throw api.Malformed($"without '{Items}'");
}
