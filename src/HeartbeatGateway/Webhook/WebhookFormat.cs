using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using CloudNative.CloudEvents;
using CloudNative.CloudEvents.SystemTextJson;
using HeartbeatGateway.Api;
using HeartbeatGateway.Api.Presence;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Shared.Logging;

namespace HeartbeatGateway.Webhook;

/// <summary>Makes CloudEvents 1.0 of messages and presence events, and their JSON.</summary>
internal static class WebhookFormat
{
    public const string BatchContentType = "application/cloudevents-batch+json";
    public const string MessageType = "heartbeatgateway.message";
    public const string PresencePrefix = "heartbeatgateway.presence.";
    public const string GapType = PresencePrefix + "gap";

    private const int MaxTextChars = 256;

    private static readonly JsonEventFormatter Formatter = new();
    private static readonly CloudEventAttribute FrameType = Extension("frametype", CloudEventAttributeType.String);
    private static readonly CloudEventAttribute Connection = Extension("connectionid", CloudEventAttributeType.String);
    private static readonly CloudEventAttribute Instance = Extension("instance", CloudEventAttributeType.String);
    private static readonly CloudEventAttribute Number = Extension("number", CloudEventAttributeType.String);
    private static readonly CloudEventAttribute Redelivered = Extension("redelivered", CloudEventAttributeType.Boolean);
    private static readonly CloudEventAttribute[] MessageExtensions = [FrameType, Connection, Instance, Number, Redelivered];

    /// <summary>The gateway, as the attribute <c>source</c> names it: by the name of its machine, which in Kubernetes is the pod's.</summary>
    public static Uri Source { get; } = new($"/gateways/{Uri.EscapeDataString(Environment.MachineName)}", UriKind.Relative);

    public static CloudEvent OfMessage(GatewayMessage message, string id)
    {
        var e = New(MessageExtensions, MessageType, id, message.ReceivedAt);
        e.Subject = message.ClientId;
        // Attributes must not contain control characters, and a peer chooses this text.
        e[FrameType] = PrintableText.From(message.Type, MaxTextChars);
        e[Connection] = $"{message.ConnectionId}";
        if (message.Instance is { } instance) e[Instance] = PrintableText.From(instance, MaxTextChars);
        if (message.Number is { } number) e[Number] = number.ToString(CultureInfo.InvariantCulture);
        if (message.IsRedelivered) e[Redelivered] = true;
        // Text stays the bytes that the client sent, also when they are JSON: white space, the order of fields and large numbers are kept.
        var isText = Utf8.IsValid(message.Content.Span);
        e.DataContentType = isText ? "text/plain" : "application/octet-stream";
        e.Data = isText ? Encoding.UTF8.GetString(message.Content.Span) : message.Content.ToArray();
        return e;
    }

    public static CloudEvent OfPresence(PresenceEvent presence, string run)
    {
        var e = New([], PresencePrefix + PresenceMessage.NameOf(presence.Change), IdOf(run, presence.Sequence), presence.Time);
        e.Subject = presence.Client.ClientId;
        e.DataContentType = "application/json";
        e.Data = JsonSerializer.SerializeToElement(PresenceMessage.Of(presence), ApiJson.Default.PresenceMessage);
        return e;
    }

    public static CloudEvent OfGap(PresenceGap gap, string run, DateTimeOffset time)
    {
        var e = New([], GapType, string.Create(CultureInfo.InvariantCulture, $"{run}/{gap.From}-{gap.To}"), time);
        e.DataContentType = "application/json";
        e.Data = JsonElement.Parse(string.Create(CultureInfo.InvariantCulture, $$"""{"from":{{gap.From}},"to":{{gap.To}}}"""));
        return e;
    }

    /// <summary>The JSON of one event, which is also an item of a batch.</summary>
    public static ReadOnlyMemory<byte> Encode(CloudEvent e) => Formatter.EncodeStructuredModeMessage(e, out _);

    private static string IdOf(string run, long sequence) => string.Create(CultureInfo.InvariantCulture, $"{run}/{sequence}");

    private static CloudEvent New(IEnumerable<CloudEventAttribute> extensions, string type, string id, DateTimeOffset time) =>
        new(CloudEventsSpecVersion.V1_0, extensions) { Id = id, Source = Source, Type = type, Time = time.ToUniversalTime() };

    private static CloudEventAttribute Extension(string name, CloudEventAttributeType type) => CloudEventAttribute.CreateExtension(name, type);
}
