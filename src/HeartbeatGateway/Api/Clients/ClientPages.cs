using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Connection;

namespace HeartbeatGateway.Api.Clients;

/// <summary>
/// Finds pages of clients: one walk over all connections that keeps the best of them, so that memory depends on the page and not on the fleet. At
/// most two walks at a time, and none on a thread that serves sockets.
/// </summary>
internal sealed class ClientPages(IHeartbeatGateway gateway, TimeProvider timeProvider) : IDisposable
{
    /// <summary>A connection takes 0.1 µs of a walk, and up to 0.7 µs where the kernel is asked about it.</summary>
    private const int ConnectionsBetweenPauses = 64;

    private readonly WalkThreads _threads = new();

    /// <summary>Finds one page, and uses it, on a thread for walks. Its last entry is the position that the next one begins after.</summary>
    public Task<T> FindAsync<T>(ClientQuery query, Func<ClientPage, WalkPace, T> use, CancellationToken cancellationToken) => _threads.RunAsync(
        () =>
        {
            using var pace = new WalkPace(timeProvider);
            return use(Find(query, pace, cancellationToken), pace);
        },
        cancellationToken);

    /// <summary>Runs something that itself walks over all connections, on a thread for walks: it takes one of their turns.</summary>
    public Task<T> TakeTurnAsync<T>(Func<T> walk, CancellationToken cancellationToken) => _threads.RunAsync(walk, cancellationToken);

    /// <summary>Walks over all connections, on a thread for walks.</summary>
    public Task<T> WalkAsync<T>(Func<IEnumerable<ConnectionView>, T> use, CancellationToken cancellationToken) => ChooseAsync(new ClientFilter(), use, cancellationToken);

    /// <summary>Uses all connections that a filter chooses, on a thread for walks: by their ids where it has some, else by a walk.</summary>
    public Task<T> ChooseAsync<T>(ClientFilter filter, Func<IEnumerable<ConnectionView>, T> use, CancellationToken cancellationToken) => _threads.RunAsync(
        () =>
        {
            using var pace = new WalkPace(timeProvider);
            return use(Choose(pace.Over(Candidates(filter), ConnectionsBetweenPauses), filter));
        },
        cancellationToken);

    public void Dispose() => _threads.Dispose();

    private IEnumerable<ConnectionView> Choose(IEnumerable<ConnectionView> candidates, ClientFilter filter)
    {
        var now = timeProvider.GetUtcNow();
        return candidates.Where(connection => filter.Matches(connection, now));
    }

    private ClientPage Find(ClientQuery query, WalkPace pace, CancellationToken cancellationToken)
    {
        var watermark = gateway.LastPresenceEvent;
        var direction = query.IsDescending ? -1 : 1;
        // The worst of the page is on top, to be replaced by what is better.
        var best = new PriorityQueue<ConnectionView, ClientPosition>(
            query.Limit, Comparer<ClientPosition>.Create((a, b) => -direction * ClientPosition.Compare(a, b)));
        var hasMore = false;
        foreach (var connection in Choose(pace.Over(Candidates(query.Filter), ConnectionsBetweenPauses), query.Filter))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var position = new ClientPosition(query.Sort.ValueOf(connection), connection.Id.Sequence);
            if (query.After is { } after && direction * ClientPosition.Compare(position, after) <= 0) continue;
            if (best.Count < query.Limit)
            {
                best.Enqueue(connection, position);
                continue;
            }

            best.EnqueueDequeue(connection, position);
            hasMore = true;
        }

        var page = new List<(ConnectionView, ClientPosition)>(best.Count);
        while (best.TryDequeue(out var connection, out var position)) page.Add((connection, position));
        page.Reverse();
        return new ClientPage(page.ConvertAll(entry => entry.Item1), page.ConvertAll(entry => entry.Item2), hasMore ? page[^1].Item2 : null, watermark);
    }

    private IEnumerable<ConnectionView> Candidates(ClientFilter filter) =>
        filter.Ids.Count == 0
            ? gateway.ViewConnections()
            : filter.Ids.Distinct(StringComparer.Ordinal).Select(gateway.FindClient).OfType<Server.Clients.ClientInfo>().Select(c => gateway.ViewConnection(c.ConnectionId)).OfType<ConnectionView>();
}

/// <summary>Some of the clients.</summary>
/// <param name="Connections">They, in order.</param>
/// <param name="Positions">Their positions at the time of the walk.</param>
/// <param name="Last">The position of the last one, when more follow; else null.</param>
/// <param name="Watermark">The number of the last presence event before the walk: what changed later has a higher one.</param>
internal sealed record ClientPage(IReadOnlyList<ConnectionView> Connections, IReadOnlyList<ClientPosition> Positions, ClientPosition? Last, long Watermark);
