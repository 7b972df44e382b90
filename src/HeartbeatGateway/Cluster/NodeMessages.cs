using System.Text.Json;
using HeartbeatGateway.Api.Clients;
using HeartbeatGateway.Api.Disconnects;
using HeartbeatGateway.Api.Presence;

namespace HeartbeatGateway.Cluster;

/// <summary>A message for all connected clients of a node.</summary>
/// <param name="Type">The frame's type.</param>
/// <param name="Content">The content.</param>
internal sealed record BroadcastQuestion(string Type, byte[] Content);

/// <summary>What became of it.</summary>
/// <param name="Queued">The number of connections that it was queued for.</param>
internal sealed record BroadcastAnswer(int Queued);

/// <summary>A question for the best connections of a node.</summary>
/// <param name="Parameters">The filter, order and limit. They are read again by the node that is asked.</param>
/// <param name="Positions">Where the nodes' lists go on, by the run of the node's process; a node that is not in it begins.</param>
internal sealed record ListClientsQuestion(ClientParameters Parameters, IReadOnlyDictionary<string, ClientPosition> Positions);

/// <summary>A question for the latest ended connections of a node.</summary>
/// <param name="Parameters">The filter and limit.</param>
/// <param name="Positions">As in <see cref="ListClientsQuestion"/>.</param>
internal sealed record ListDisconnectsQuestion(HistoryParameters Parameters, IReadOnlyDictionary<string, ClientPosition> Positions);

/// <summary>A part of a node's list.</summary>
/// <param name="Run">Names this run of the node's process, which positions belong to.</param>
/// <param name="Entries">The entries, in the order asked for.</param>
/// <param name="HasMore">More follow.</param>
internal sealed record ListAnswer(string Run, IReadOnlyList<ListedEntry> Entries, bool HasMore);

/// <summary>An entry of a node's list.</summary>
/// <param name="Order">What entries of several nodes are ordered by.</param>
/// <param name="Position">Where the node's list goes on after it.</param>
/// <param name="Entry">The entry as the API shows it. It is passed on as it is, so nodes of two versions can differ in its fields.</param>
internal sealed record ListedEntry(long Order, ClientPosition Position, JsonElement Entry);

/// <summary>A question for the present clients of a node.</summary>
/// <param name="After">The position of the last one that is known; null to begin.</param>
internal sealed record ListPresenceQuestion(ClientPosition? After);

/// <summary>A page of a node's present clients.</summary>
/// <param name="Clients">The clients.</param>
/// <param name="Next">Where the list goes on; null on the last page.</param>
internal sealed record PresencePage(IReadOnlyList<PresentClient> Clients, ClientPosition? Next);

/// <summary>A question for a connection.</summary>
/// <param name="ClientId">The client; null for a connection by its number.</param>
/// <param name="ConnectionId">The number of the connection; null for a client.</param>
internal sealed record ShowClientQuestion(string? ClientId, string? ConnectionId);

/// <summary>A connection.</summary>
/// <param name="Connection">As the API shows it; null when it is not open.</param>
internal sealed record ShowClientAnswer(JsonElement? Connection);

/// <summary>A question for a node as a whole.</summary>
internal sealed record StatusQuestion;

/// <summary>A node as a whole.</summary>
/// <param name="Version">Its version.</param>
/// <param name="StartedAt">When it started, by its own clock.</param>
/// <param name="ConnectedClients">Connections that brought a valid frame.</param>
/// <param name="OpenConnections">Open connections.</param>
/// <param name="IsDraining">It refuses new connections and closes the open ones.</param>
internal sealed record NodeStatus(string Version, DateTimeOffset StartedAt, int ConnectedClients, int OpenConnections, bool IsDraining);
