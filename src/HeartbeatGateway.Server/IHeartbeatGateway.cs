using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Bans;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Connection;
using HeartbeatGateway.Server.Delivery;
using HeartbeatGateway.Server.Disconnects;
using HeartbeatGateway.Server.Draining;

namespace HeartbeatGateway.Server;

/// <summary>
/// The gateway as programs use it: enumerate, find, send, broadcast, close, follow presence. Thread-safe; no call waits for a client. A connection
/// without a hello is anonymous and found by its <see cref="ConnectionId"/> only.
/// </summary>
public interface IHeartbeatGateway
{
    /// <summary>Connections that brought a valid frame and have not ended.</summary>
    int ConnectedClients { get; }

    /// <summary>Open connections, with and without a valid frame.</summary>
    int OpenConnections { get; }

    /// <summary>True from the moment the gateway began to close its connections to stop.</summary>
    bool IsStopping { get; }

    /// <summary>Client ids, addresses and keys whose connections are refused.</summary>
    IGatewayBans Bans { get; }

    /// <summary>True while new connections are refused and open ones are closed: during a drain, until it is cancelled, and while the gateway stops.</summary>
    bool IsDraining { get; }

    /// <summary>The drain in progress: that of <see cref="StartDrain"/>, or that of the stop.</summary>
    DrainStatus Drain { get; }

    /// <summary>The number of the last presence event; 0 before the first.</summary>
    long LastPresenceEvent { get; }

    /// <summary>The number of the oldest presence event that is kept, or of the first one to come.</summary>
    long OldestPresenceEvent { get; }

    /// <summary>The number of the last event of <see cref="FollowDeliveriesAsync"/>; 0 before the first.</summary>
    long LastDelivery { get; }

    /// <summary>The number of the oldest event of <see cref="FollowDeliveriesAsync"/> that is kept, or of the first one to come.</summary>
    long OldestDelivery { get; }

    /// <summary>
    /// One page of the open connections, anonymous ones included, in the order of <see cref="ConnectionId.Slot"/>. Takes no lock and copies nothing but
    /// the page. A connection that is open throughout is on exactly one page; one that opens or closes meanwhile may be on one or none.
    /// </summary>
    /// <param name="limit">The largest number of connections on the page, at least 1.</param>
    /// <param name="after"><see cref="ConnectionPage.Next"/> of the page before; null for the first.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limit is below 1.</exception>
    ConnectionPage ListConnections(int limit, ConnectionId? after = null);

    /// <summary>All open connections, as <see cref="ListConnections"/> but read one by one while they are enumerated.</summary>
    IEnumerable<ConnectionInfo> EnumerateConnections();

    /// <summary>All open connections, for a walk that copies nothing; see <see cref="ConnectionView"/>. Takes no lock.</summary>
    IEnumerable<ConnectionView> ViewConnections();

    /// <summary>Views one connection; null when it has ended.</summary>
    /// <param name="id">The connection.</param>
    ConnectionView? ViewConnection(ConnectionId id);

    /// <summary>All connected clients with an identity, read one by one while they are enumerated.</summary>
    IEnumerable<ClientInfo> EnumerateClients();

    /// <summary>Finds an open connection; null when it has ended.</summary>
    /// <param name="id">The connection.</param>
    ConnectionInfo? FindConnection(ConnectionId id);

    /// <summary>Finds a connected client; null when it is not connected.</summary>
    /// <param name="clientId">The id from its hello.</param>
    ClientInfo? FindClient(string clientId);

    /// <summary>Sends a message on one connection.</summary>
    /// <param name="id">The connection.</param>
    /// <param name="type">The frame's type; cut at 50 bytes of UTF-8.</param>
    /// <param name="content">The content, in bytes; copied.</param>
    SendResult Send(ConnectionId id, string type, ReadOnlyMemory<byte> content);

    /// <summary>
    /// Sends a message to one client, on its current connection. A client with the feature <c>ack</c> gets it again after a reconnect while it has not
    /// acknowledged it, for <c>Gateway:Messages:KeepUnacknowledged</c>; see <see cref="DeliverToClient"/> for what has become of it.
    /// </summary>
    /// <param name="clientId">The id from its hello.</param>
    /// <param name="type">The frame's type; cut at 50 bytes of UTF-8.</param>
    /// <param name="content">The content, in bytes; copied.</param>
    SendResult SendToClient(string clientId, string type, ReadOnlyMemory<byte> content);

    /// <summary>Sends one message to several clients. The frame is encoded once for each key in use.</summary>
    /// <param name="clientIds">The ids from their hellos.</param>
    /// <param name="type">The frame's type; cut at 50 bytes of UTF-8.</param>
    /// <param name="content">The content, in bytes; copied.</param>
    /// <returns>The result for each id, in the order of the ids.</returns>
    IReadOnlyList<SendResult> SendToClients(IReadOnlyList<string> clientIds, string type, ReadOnlyMemory<byte> content);

    /// <summary>
    /// Sends a message to one client and tells what becomes of it. A client whose connection has the feature <c>ack</c> acknowledges it; until then it is
    /// kept and sent again on each connection of the client, in the order of the calls. The client can tell a duplicate. Kept in memory: a message that is
    /// not <see cref="DeliveryResult.Delivered"/> is lost when this process ends. Other clients get it at most once, and only while they are connected.
    /// </summary>
    /// <param name="clientId">The id from its hello.</param>
    /// <param name="type">The frame's type; cut at 50 bytes of UTF-8.</param>
    /// <param name="content">The content, in bytes; copied.</param>
    /// <param name="ttl">
    /// How long it is kept until it is acknowledged, and held for a client that is not connected. Null: for <c>Gateway:Messages:KeepUnacknowledged</c>, and it
    /// is not held.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The time is not above 0, or above <c>Gateway:Messages:MaxTtl</c>.</exception>
    MessageDelivery DeliverToClient(string clientId, string type, ReadOnlyMemory<byte> content, TimeSpan? ttl = null);

    /// <summary>Sends one message to several clients, as <see cref="DeliverToClient"/> does.</summary>
    /// <param name="clientIds">The ids from their hellos.</param>
    /// <inheritdoc cref="DeliverToClient"/>
    /// <param name="type"/><param name="content"/><param name="ttl"/>
    /// <returns>One for each id, in the order of the ids.</returns>
    IReadOnlyList<MessageDelivery> DeliverToClients(IReadOnlyList<string> clientIds, string type, ReadOnlyMemory<byte> content, TimeSpan? ttl = null);

    /// <summary>
    /// Sends a message to a client of any node of the cluster, and tells what becomes of it, as <see cref="DeliverToClient"/> does. A client that is connected to no
    /// node gets it, if a time is given, when it connects to any. Without a cluster it is the same as that method. Of two calls that are in progress at the same
    /// time, either message may come first.
    /// </summary>
    /// <param name="clientId">The id from its hello.</param>
    /// <param name="type">The frame's type; cut at 50 bytes of UTF-8.</param>
    /// <param name="content">The content, in bytes; it must not change until the task completes.</param>
    /// <param name="ttl">As for <see cref="DeliverToClient"/>.</param>
    /// <param name="cancellationToken">Ends the wait for the cluster's directory. A message that was sent is not called back.</param>
    /// <returns>
    /// Also <see cref="DeliveryResult.NodeUnreachable"/>, or <see cref="DeliveryResult.NodeUnknown"/>, which becomes another result when one is told. Completes within
    /// seconds.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">The time is not above 0, or above <c>Gateway:Messages:MaxTtl</c>.</exception>
    ValueTask<MessageDelivery> DeliverAcrossNodesAsync(string clientId, string type, ReadOnlyMemory<byte> content, TimeSpan? ttl = null, CancellationToken cancellationToken = default);

    /// <summary>Sends one message to several clients of any node; each node gets one question.</summary>
    /// <param name="clientIds">The ids from their hellos.</param>
    /// <inheritdoc cref="DeliverAcrossNodesAsync"/>
    /// <param name="type"/><param name="content"/><param name="ttl"/><param name="cancellationToken"/>
    /// <returns>One for each id, in the order of the ids.</returns>
    ValueTask<IReadOnlyList<MessageDelivery>> DeliverToClientsAcrossNodesAsync(
        IReadOnlyList<string> clientIds, string type, ReadOnlyMemory<byte> content, TimeSpan? ttl = null, CancellationToken cancellationToken = default);

    /// <summary>Sends a message to every connected client, anonymous ones included. The frame is encoded once for each key in use.</summary>
    /// <param name="type">The frame's type; cut at 50 bytes of UTF-8.</param>
    /// <param name="content">The content, in bytes; copied.</param>
    /// <returns>The number of connections that accepted it.</returns>
    int Broadcast(string type, ReadOnlyMemory<byte> content);

    /// <summary>Closes a connection.</summary>
    /// <param name="id">The connection.</param>
    /// <param name="reason">The reason for logs, metrics, events and the client.</param>
    /// <param name="retry">Whether the client may reconnect; null: unless it is banned. Reaches clients with the feature <c>close</c>.</param>
    /// <param name="after">The client's reconnect slot, from 0 to a day: it is to reconnect after this time. Null leaves that to the client.</param>
    /// <returns>False when the connection does not exist or has ended.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The reason ends no admitted connection, or the slot is negative or above a day.</exception>
    bool Close(ConnectionId id, CloseReason reason, bool? retry = null, TimeSpan? after = null);

    /// <summary>Closes the current connection of a client.</summary>
    /// <param name="clientId">The id from its hello.</param>
    /// <inheritdoc cref="Close"/>
    /// <param name="reason"/><param name="retry"/><param name="after"/>
    bool CloseClient(string clientId, CloseReason reason, bool? retry = null, TimeSpan? after = null);

    /// <summary>
    /// The latest 10,000 ended connections that had brought a valid frame, and the latest 1,000 that had not, the newest first. Read one by one while they
    /// are enumerated; takes no lock. Health checks that closed without a byte are not among them.
    /// </summary>
    IEnumerable<DisconnectRecord> EnumerateDisconnects();

    /// <summary>
    /// Closes all open connections, evenly over a time, as <c>draining</c>; each client that understands <c>close</c> gets a reconnect slot. New connections are
    /// refused as <c>draining</c> until <see cref="CancelDrainAsync"/> or the stop, also when the last one is closed. The gateway's own liveness probe is not.
    /// </summary>
    /// <param name="duration">The time, from 0 to a day; 0 closes all within 50 ms.</param>
    /// <param name="startedBy">Who asks for it, for <see cref="DrainStatus.StartedBy"/>.</param>
    /// <returns><see cref="DrainChange.Done"/>, <see cref="DrainChange.AlreadyDraining"/> or <see cref="DrainChange.Stopping"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The duration is negative or above a day.</exception>
    DrainChange StartDrain(TimeSpan duration, string? startedBy = null);

    /// <summary>Cancels a drain. When the task completes, the drain closes no further connection, and new connections are admitted.</summary>
    /// <returns><see cref="DrainChange.Done"/>, <see cref="DrainChange.NotDraining"/> or <see cref="DrainChange.Stopping"/>.</returns>
    Task<DrainChange> CancelDrainAsync();

    /// <summary>The connected clients with an identity, with the number of the last presence event that the list reflects. Copies the list under a lock.</summary>
    PresenceSnapshot TakePresenceSnapshot();

    /// <summary>The presence events after one event, as they happen. The latest 16,384 are kept.</summary>
    /// <param name="after">Number of the last event that is known already: that of a snapshot, or 0 for all since the start.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <exception cref="PresenceGapException">Events in between are no longer kept: take a new snapshot.</exception>
    IAsyncEnumerable<PresenceEvent> FollowPresenceAsync(long after, CancellationToken cancellationToken);

    /// <summary>The ends of numbered messages after one event, as they happen: delivered, expired or dropped. The latest 10,000 are kept.</summary>
    /// <param name="after">Number of the last event that is known already, such as <see cref="LastDelivery"/>, or 0 for all since the start.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <exception cref="DeliveryGapException">Events in between are no longer kept.</exception>
    IAsyncEnumerable<DeliveryEvent> FollowDeliveriesAsync(long after, CancellationToken cancellationToken);
}
