using System.Text.Json;
using System.Text.Json.Serialization;
using HeartbeatGateway.Api.Disconnects;

namespace HeartbeatGateway.Cluster;

/// <summary>The JSON of questions between nodes. Unknown fields are ignored, since a newer node may send them during an upgrade.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(BroadcastAnswer))]
[JsonSerializable(typeof(BroadcastQuestion))]
[JsonSerializable(typeof(DisconnectBody))]
[JsonSerializable(typeof(DisconnectResults))]
[JsonSerializable(typeof(ListAnswer))]
[JsonSerializable(typeof(ListClientsQuestion))]
[JsonSerializable(typeof(ListDisconnectsQuestion))]
[JsonSerializable(typeof(ListPresenceQuestion))]
[JsonSerializable(typeof(NodeStatus))]
[JsonSerializable(typeof(PresencePage))]
[JsonSerializable(typeof(ShowClientAnswer))]
[JsonSerializable(typeof(ShowClientQuestion))]
[JsonSerializable(typeof(StatusQuestion))]
internal sealed partial class NodeJson : JsonSerializerContext;
