using System.Buffers;
using HeartbeatGateway.Client.Acknowledgements;
using HeartbeatGateway.Client.Connection;
using HeartbeatGateway.Client.Queues;
using HeartbeatGateway.Client.Telemetry;
using HeartbeatGateway.Protocol.Frames;
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
        Name = options.ClientId ?? "(anonymous)";
        Tokens = new ClientTokens(options, logger, Name);
        Clock = new ClientClock(timeProvider);
        Identity = new ClientIdentity(options);
        Events = new EventPump(logger, Name, count => metrics.Dropped("events", count));
        Drops = new DropReporter(logger, Name, timeProvider, metrics.Dropped, Events.Post);
        SendLimit = new SendLimit(options.MaxContentBytes);
        SendQueue = new SendQueue(options.SendQueueCapacity, options.SendQueueBytes, options.SendQueueFullMode, OnSendDropped);
        if (options.Acknowledgements) Unacknowledged = new UnacknowledgedMessages(options.MaxUnacknowledged, options.MaxUnacknowledgedBytes, timeProvider, metrics);
        if (options.Acknowledgements) Pushes = new PushNumbers();
        Inbox = new MessageInbox(
            options.ReceiveQueueCapacity, options.ReceiveQueueBytes, options.ReceiveQueueFullMode, why => Drops.Report(why, 1));
        States = new StateFeed(new GatewayClientState { Heartbeat = options.Heartbeat, Since = timeProvider.GetUtcNow() }, timeProvider, stateChanged);
    }

    public GatewayClientOptions Options { get; }

    public ILogger Logger { get; }

    public TimeProvider TimeProvider { get; }

    public ClientMetrics Metrics { get; }

    /// <summary>The client id, or a word for an anonymous client; for log lines.</summary>
    public string Name { get; }

    /// <summary>The secrets of the current attempt.</summary>
    public ClientTokens Tokens { get; }

    public ClientClock Clock { get; }

    public ClientIdentity Identity { get; }

    public EventPump Events { get; }

    public DropReporter Drops { get; }

    public SendLimit SendLimit { get; }

    public SendQueue SendQueue { get; }

    /// <summary>The hello of the current attempt asks for acknowledgements: the option is set, and the current secrets allow it.</summary>
    public bool AsksForAcknowledgements => Unacknowledged is not null && Tokens.Keyring.CoversCreated;

    /// <summary>Null without <see cref="GatewayClientOptions.Acknowledgements"/>.</summary>
    public UnacknowledgedMessages? Unacknowledged { get; }

    /// <summary>Null without <see cref="GatewayClientOptions.Acknowledgements"/>.</summary>
    public PushNumbers? Pushes { get; }

    public MessageInbox Inbox { get; }

    public StateFeed States { get; }

    /// <summary>Called on the read loop when the gateway has answered a ping.</summary>
    public required Action<TimeSpan> HeartbeatAnswered { get; init; }

    /// <summary>Publishes the next state, with the current clock offset in it.</summary>
    public void ChangeState(Func<GatewayClientState, GatewayClientState> next) =>
        States.Change(state => next(state) with { ClockOffset = Clock.Offset, UnacknowledgedMessages = Unacknowledged?.Count ?? 0 });

    /// <summary>Puts a message of the gateway into the inbox.</summary>
    /// <returns>False when the inbox dropped it.</returns>
    public bool Receive(in Frame frame, long? number)
    {
        Metrics.MessageReceived();
        return Inbox.Add(new GatewayClientMessage(frame.TypeText, frame.Content.ToArray(), TimeProvider.GetUtcNow()) { Number = number });
    }

    /// <summary>
    /// Drops a frame that was queued before the gateway stated its limit: sending it would end the connection, and lose the frames after it.
    /// </summary>
    public bool DropsTooLarge(in OutgoingFrame frame)
    {
        if (SendLimit.Allows(frame.Content.Length)) return false;
        frame.Receipt?.Fail(SendLimit.ExceededBy(frame.Content.Length));
        OnSendDropped(MessageDropReason.TooLarge, 1);
        return true;
    }

    private void OnSendDropped(MessageDropReason reason, int count)
    {
        Unacknowledged?.Skip(count);
        Drops.Report(reason, count);
    }
}
