using HeartbeatGateway.Client.Connection;
using HeartbeatGateway.Client.Queues;
using HeartbeatGateway.Client.Telemetry;
using HeartbeatGateway.Protocol.Tokens;
using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Client;

/// <summary>State that the parts of one client share across all of its connections.</summary>
internal sealed class ClientContext
{
    public ClientContext(
        GatewayClientOptions options, ILogger logger, TimeProvider timeProvider, ClientMetrics metrics, Action<GatewayClientState> stateChanged)
    {
        Options = options;
        Logger = logger;
        TimeProvider = timeProvider;
        Metrics = metrics;
        Keyring = ClientKeyrings.For(options.Tokens);
        Signer = options.NameKey ? Keyring.Keys[0].Named : Keyring.Keys[0].Bare;
        Clock = new ClientClock(timeProvider);
        Identity = new ClientIdentity(options);
        Events = new EventPump(logger, count => metrics.Dropped("events", count));
        SendQueue = new SendQueue(options.SendQueueCapacity, options.SendQueueBytes, options.SendQueueFullMode, count => metrics.Dropped("send", count));
        Inbox = new MessageInbox(options.ReceiveQueueCapacity, options.ReceiveQueueBytes, count => metrics.Dropped("receive", count));
        States = new StateFeed(new GatewayClientState { Heartbeat = options.Heartbeat, Since = timeProvider.GetUtcNow() }, timeProvider, stateChanged);
    }

    public GatewayClientOptions Options { get; }

    public ILogger Logger { get; }

    public TimeProvider TimeProvider { get; }

    public ClientMetrics Metrics { get; }

    public TokenKeyring Keyring { get; }

    public TokenSigner Signer { get; }

    public ClientClock Clock { get; }

    public ClientIdentity Identity { get; }

    public EventPump Events { get; }

    public SendQueue SendQueue { get; }

    public MessageInbox Inbox { get; }

    public StateFeed States { get; }

    /// <summary>Called on the read loop when the gateway has answered a ping.</summary>
    public required Action<TimeSpan> HeartbeatAnswered { get; init; }

    /// <summary>Publishes the next state, with the current clock offset in it.</summary>
    public void ChangeState(Func<GatewayClientState, GatewayClientState> next) => States.Change(state => next(state) with { ClockOffset = Clock.Offset });
}
