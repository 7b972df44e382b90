using System.Text.Json;
using System.Text.Json.Serialization;
using HeartbeatGateway.Api.Access;
using HeartbeatGateway.Api.Audit;
using HeartbeatGateway.Api.Bans;
using HeartbeatGateway.Api.Clients;
using HeartbeatGateway.Api.Config;
using HeartbeatGateway.Api.Deliveries;
using HeartbeatGateway.Api.Disconnects;
using HeartbeatGateway.Api.Drain;
using HeartbeatGateway.Api.Messages;
using HeartbeatGateway.Api.Nodes;
using HeartbeatGateway.Api.Presence;
using HeartbeatGateway.Api.Snapshots;
using HeartbeatGateway.Api.Status;

namespace HeartbeatGateway.Api;

/// <summary>The JSON of the API. Names are camelCase; unknown fields of a body are errors, since a misspelt one would be lost silently.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(AuditListing))]
[JsonSerializable(typeof(BanBody))]
[JsonSerializable(typeof(BanListing))]
[JsonSerializable(typeof(BanResult))]
[JsonSerializable(typeof(BroadcastResult))]
[JsonSerializable(typeof(ClientListing))]
[JsonSerializable(typeof(ClientMessageBody))]
[JsonSerializable(typeof(ClusterClientListing))]
[JsonSerializable(typeof(ClusterDisconnectListing))]
[JsonSerializable(typeof(ClusterPresenceListing))]
[JsonSerializable(typeof(ConfigListing))]
[JsonSerializable(typeof(ConnectionDetails))]
[JsonSerializable(typeof(DeliveryMessage))]
[JsonSerializable(typeof(DisconnectBody))]
[JsonSerializable(typeof(DisconnectListing))]
[JsonSerializable(typeof(DisconnectResult))]
[JsonSerializable(typeof(DisconnectResults))]
[JsonSerializable(typeof(DrainBody))]
[JsonSerializable(typeof(DrainListing))]
[JsonSerializable(typeof(GatewayStatus))]
[JsonSerializable(typeof(IReadOnlyList<Snapshot>))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(KeyListing))]
[JsonSerializable(typeof(MessageBody))]
[JsonSerializable(typeof(MessageResult))]
[JsonSerializable(typeof(MessageResults))]
[JsonSerializable(typeof(MultiMessageBody))]
[JsonSerializable(typeof(NodeListing))]
[JsonSerializable(typeof(PresenceListing))]
[JsonSerializable(typeof(PresenceMessage))]
[JsonSerializable(typeof(Snapshot))]
internal sealed partial class ApiJson : JsonSerializerContext;
