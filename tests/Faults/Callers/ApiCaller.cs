using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace HeartbeatGateway.Faults.Tests.Callers;

/// <summary>A caller of the HTTP API from an address of its own that lists all clients, page by page.</summary>
internal sealed class ApiCaller : IDisposable
{
    private readonly HttpClient _http;

    public ApiCaller(Uri gateway, IPAddress source)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (context, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                socket.Bind(new IPEndPoint(source, 0));
                await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        _http = new HttpClient(handler) { BaseAddress = gateway, Timeout = TimeSpan.FromMinutes(2) };
    }

    /// <summary>Walks through all pages of one order. Fails when an answer is not a page in that order.</summary>
    /// <param name="sort">The order.</param>
    /// <param name="descending">The other way round.</param>
    /// <param name="limit">Clients on a page.</param>
    /// <returns>The connection ids, in the order of the pages.</returns>
    public async Task<IReadOnlyList<string>> WalkAsync(string sort, bool descending, int limit)
    {
        var ids = new List<string>();
        string? cursor = null;
        do
        {
            var path = $"/api/v1/clients?limit={limit}&sort={sort}&order={(descending ? "desc" : "asc")}{(cursor is null ? "" : $"&cursor={cursor}")}";
            using var answer = await _http.GetAsync(path);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            using var page = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync());
            var clients = page.RootElement.GetProperty("clients");
            cursor = page.RootElement.GetProperty("next").GetString();
            Assert.True(clients.GetArrayLength() == limit || cursor is null, $"A page before the last has {clients.GetArrayLength()} clients instead of {limit}.");
            ids.AddRange(clients.EnumerateArray().Select(client => client.GetProperty("connectionId").GetString()!));
        }
        while (cursor is not null);
        return ids;
    }

    public void Dispose() => _http.Dispose();
}
