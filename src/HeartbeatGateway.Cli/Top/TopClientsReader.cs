using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using HeartbeatGateway.Cli.Api;
using HeartbeatGateway.Cli.Api.Models;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Top;

/// <summary>Reads the clients that stand out. Each reading makes the gateway walk over all connections three times, so it is made every 2 s at most.</summary>
internal sealed class TopClientsReader(GatewayApi api, int count, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private TopClients? _last;
    private long _at;

    public async Task<TopClients> ReadAsync(CancellationToken cancellation)
    {
        if (_last is not null && time.GetElapsedTime(_at) < Interval) return _last;
        _last = await ReadNowAsync(cancellation);
        _at = time.GetTimestamp();
        return _last;
    }

    private async Task<TopClients> ReadNowAsync(CancellationToken cancellation)
    {
        try
        {
            var rtt = ClientsAsync("rtt", cancellation);
            var retransmits = ClientsAsync("retransmits", cancellation);
            var idle = ClientsAsync("idle", cancellation);
            var disconnects = DisconnectsAsync(cancellation);
            await Task.WhenAll(rtt, retransmits, idle, disconnects);
            return new TopClients { LongestRtt = await rtt, MostRetransmits = await retransmits, LongestIdle = await idle, Disconnects = await disconnects };
        }
        catch (ApiException e)
        {
            return new TopClients { Refusal = Printable.From($"no clients are shown: {e.Message}") };
        }
    }

    private Task<IReadOnlyList<ClientEntry>> ClientsAsync(string sort, CancellationToken cancellation) =>
        ItemsAsync($"clients{new ApiQuery().Add("sort", sort).Add("order", "desc").Add("limit", count)}", "clients", ApiJson.Default.ClientEntry, cancellation);

    private async Task<IReadOnlyList<DisconnectEntry>?> DisconnectsAsync(CancellationToken cancellation)
    {
        try
        {
            return await ItemsAsync($"disconnects{new ApiQuery().Add("limit", count)}", "disconnects", ApiJson.Default.DisconnectEntry, cancellation);
        }
        catch (ApiException e) when (e.IsEndpointMissing)
        {
            return null;
        }
    }

    private async Task<IReadOnlyList<T>> ItemsAsync<T>(string path, string name, JsonTypeInfo<T> type, CancellationToken cancellation)
        where T : class
    {
        var page = await api.GetAsync(path, cancellation);
        if (page.ValueKind != JsonValueKind.Object || !page.TryGetProperty(name, out var items) || items.ValueKind != JsonValueKind.Array)
        {
            throw api.Malformed($"without '{name}'");
        }

        return [.. items.EnumerateArray().Select(item => api.Read(item, type))];
    }
}
