using System.Globalization;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Delivery;
using HeartbeatGateway.Server.Disconnects;

namespace HeartbeatGateway.Server.Clients;

/// <summary>
/// Tells the cluster of this node's clients: each hello is entered before its client is registered, and left once after the client was removed. What is kept for a
/// client goes with it.
/// </summary>
internal sealed class ClusterMembership(EngineContext context, ICluster cluster, DeliveryTable deliveries)
{
    public ClusterRoster Roster { get; } = new();

    /// <returns>Null in a cluster of one, which needs not be told.</returns>
    public static ClusterMembership? Of(EngineContext context, ICluster cluster, DeliveryTable deliveries) =>
        cluster is EmbeddedCluster ? null : new ClusterMembership(context, cluster, deliveries);

    /// <summary>Describes a client's connection for the directory.</summary>
    public static ClusterMember Describe(IClientConnection connection, ClientSession session, EngineContext context) =>
        Describe(session.ClientId, session.Generation, session.Id, connection, context.Elapsed(connection.ConnectedAt, context.Now)) with
        {
            Instance = session.Instance,
            Attempt = session.Attempt,
            Reconnects = session.Reconnects,
        };

    /// <inheritdoc cref="Describe(IClientConnection, ClientSession, EngineContext)"/>
    public ClusterMember Describe(ClusterPlace place) =>
        Describe(place.ClientId, place.Generation, place.SessionId, place.Connection, context.Elapsed(place.EnteredAt, context.Now)) with
        {
            Instance = place.Instance,
            Attempt = place.Attempt,
            Reconnects = place.Connection.Session?.Reconnects ?? 0,
            IsUnclaimed = place.IsUnclaimed,
            TokenFingerprint = place.TokenFingerprint,
            ClaimFor = place.ClaimFor,
        };

    /// <summary>Asks the directory about a hello. What it returns of an earlier connection is adopted, so that the welcome can tell the numbers.</summary>
    /// <param name="place">The place of the hello.</param>
    /// <param name="hello">The hello.</param>
    /// <param name="floor">The generation must be at least this.</param>
    /// <param name="fingerprint">Identifies its token; null when tokens have no meaning.</param>
    /// <param name="claimFor">How long the token is claimed.</param>
    /// <returns>How it was entered. Null when its connection has ended, or was taken over by another node: nothing is left to do.</returns>
    public async ValueTask<ClusterEntryKind?> EnterAsync(ClusterPlace place, HelloPayload hello, long floor, string? fingerprint, TimeSpan claimFor)
    {
        Roster.Await(place);
        ClusterEntry entry;
        try
        {
            entry = await cluster.EnterAsync(new ClusterHello(place.ClientId, NameOf(place.Connection.Id))
            {
                Instance = place.Instance,
                Attempt = place.Attempt,
                Resume = hello.Resume,
                NewSession = ClientSession.Text(place.SessionId),
                Floor = floor,
                TokenFingerprint = fingerprint,
                ClaimFor = claimFor,
            });
        }
        catch
        {
            Roster.EndWait(place);
            throw;
        }

        switch (entry.Kind)
        {
            case ClusterEntryKind.Entered: return Enter(place, hello, entry) ? entry.Kind : null;
            case ClusterEntryKind.Degraded: (place.IsUnclaimed, place.TokenFingerprint, place.ClaimFor) = (true, fingerprint, claimFor); break;
            default: Roster.EndWait(place); break;
        }

        if (!place.Connection.HasEnded) return entry.Kind;
        Roster.EndWait(place);
        return null;
    }

    /// <summary>A connection is registered. One that was welcomed without the directory is entered now.</summary>
    public void Registered(ClusterPlace place, ClientSession session)
    {
        if (place.Generation != 0 && place.SessionId == session.Id) return;
        place.SessionId = session.Id;
        if (place.Generation == 0)
        {
            place.Generation = session.Generation;
            Roster.TryAdd(place, out _);
        }

        Restore(place);
    }

    /// <summary>The directory has claimed the token of a connection that was welcomed without it.</summary>
    public static void Claimed(ClusterPlace place) => (place.IsUnclaimed, place.TokenFingerprint) = (false, null);

    /// <summary>A connection has ended, or is not registered. The first call tells the directory, with what is kept for the client, unless another one here needs it.</summary>
    public void Leave(ClusterPlace place, long now)
    {
        if (!Roster.TryRemove(place, out var older, out var isLast) || place.Generation == 0) return;
        // What cannot be sent is lost, and the client may come back to this node.
        var delivery = isLast && !place.IsGivenUp && !cluster.IsDegraded ? deliveries.Find(place.ClientId)?.GiveUp(now) ?? default : default;
        cluster.Leave(Departure(place, delivery, now));
        // The directory has the latest one only.
        if (older is not null) Restore(older);
    }

    private static ClusterMember Describe(string clientId, long generation, Guid session, IClientConnection connection, TimeSpan connectedFor) =>
        new(clientId, generation, NameOf(connection.Id)) { Session = ClientSession.Text(session), ConnectedFor = connectedFor };

    private static string NameOf(ConnectionId id) => id.Sequence.ToString(CultureInfo.InvariantCulture);

    private bool Enter(ClusterPlace place, HelloPayload hello, ClusterEntry entry)
    {
        var now = context.Now;
        place.Generation = entry.Generation;
        place.Previous = entry.Previous;
        if (entry.Previous is { } previous && hello.Resume == previous.Session && ClientSession.TryParse(previous.Session, out var session)) place.SessionId = session;
        if (entry.Previous?.LastByteAge is { } age)
        {
            // The age is as of the hello. The gap ends with the first frame, which may have come before.
            place.PreviousGap = Math.Max(0, context.TimeProvider.ToTimestampUnits(age) - (place.EnteredAt - place.Connection.ConnectedAt));
        }

        if (!entry.Kept.IsEmpty) deliveries.GetOrAdd(place.ClientId, now).Adopt(entry.Kept, now);
        if (!Roster.TryAdd(place, out var mayRetry))
        {
            place.Connection.Close(new CloseRequest(CloseReason.Replaced) { Retry = mayRetry, AcceptsClose = hello.Features.Contains(ProtocolFeatures.Close) });
        }
        else if (!place.Connection.HasEnded) return true;
        Leave(place, now);
        return false;
    }

    private void Restore(ClusterPlace place)
    {
        cluster.Restore(Describe(place));
        // A leave on another thread may have overtaken it, and would leave an entry behind.
        if (place.HasLeft) cluster.Leave(Departure(place, default, context.Now));
    }

    private ClusterDeparture Departure(ClusterPlace place, ReadOnlyMemory<byte> delivery, long now)
    {
        var (settings, connection) = (context.Settings, place.Connection);
        var window = context.Elapsed(0, settings.ReconnectWindow);
        return new ClusterDeparture(Describe(place), (connection.HasEnded ? connection.Reason : CloseReason.Replaced).ToWireName())
        {
            Cause = connection.TimeoutCause?.ToWireName(),
            LastByteAge = context.Elapsed(connection.LastRead, now),
            RememberFor = window,
            Delivery = delivery,
            KeepDeliveryFor = window > settings.MaxTtl ? window : settings.MaxTtl,
        };
    }
}
