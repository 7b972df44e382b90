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
        var silent = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var (items, next, incomplete) in PagesAsync(run.Api, query, limit, run.Cancellation))
        {
            count += items.Count;
            hasMore = next;
            silent.UnionWith(incomplete);
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
        if (Incomplete.Describe(silent, $"{Noun}s may be missing") is { } missing) await run.NoteAsync(missing);
    }

    /// <summary>The pages.</summary>
    public async IAsyncEnumerable<ListPage> PagesAsync(
        GatewayApi api, ApiQuery query, int? limit, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        string? cursor = null;
        var left = limit ?? int.MaxValue;
        do
        {
            var page = await api.GetAsync($"{Path}{query.Copy().Add("limit", Math.Min(left, MaxPage)).Add("cursor", cursor)}", cancellation);
            var items = ItemsOf(api, page);
            var next = page.TryGetProperty("next", out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
            yield return new ListPage(items, next is not null, Incomplete.Of(page));
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

/// <summary>A page.</summary>
/// <param name="Items">Its items.</param>
/// <param name="HasMore">There are more items after it.</param>
/// <param name="Incomplete">The nodes of a cluster that did not answer.</param>
internal readonly record struct ListPage(IReadOnlyList<JsonElement> Items, bool HasMore, IEnumerable<string> Incomplete);
