using HeartbeatGateway.Client.Queues;
using HeartbeatGateway.Client.Telemetry;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Client.Connections;

/// <summary>What all connections of a client share.</summary>
internal sealed record ConnectionContext
{
    public required GatewayClientOptions Options { get; init; }

    public required TimeProvider TimeProvider { get; init; }

    public required TokenKeyring Keyring { get; init; }

    public required ClientClock Clock { get; init; }

    public required SendQueue SendQueue { get; init; }

    public required ClientMetrics Metrics { get; init; }

    /// <summary>Takes what the gateway pushes. Called on the read loop: must not wait and must not run foreign code.</summary>
    public required Action<GatewayClientMessage> MessageReceived { get; init; }

    /// <summary>Is told of an answered ping; as above.</summary>
    public required Action<TimeSpan> HeartbeatAnswered { get; init; }
}
