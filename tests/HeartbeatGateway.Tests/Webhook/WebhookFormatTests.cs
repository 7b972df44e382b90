using System.Net.Mime;
using System.Text;
using CloudNative.CloudEvents;
using CloudNative.CloudEvents.SystemTextJson;
using CsCheck;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Webhook;

namespace HeartbeatGateway.Tests.Webhook;

/// <summary>The events as the SDK of CloudEvents reads them.</summary>
public sealed class WebhookFormatTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_numbered_message_has_all_attributes()
    {
        var e = RoundTrip(WebhookFormat.OfMessage(Message("{\"a\": 1}"u8.ToArray(), redelivered: true), "pump-1/i1/5"));
        Assert.Equal(("heartbeatgateway.message", "pump-1/i1/5", "pump-1", "text/plain", "{\"a\": 1}"), (e.Type, e.Id, e.Subject, e.DataContentType, (string)e.Data!));
        Assert.Equal(("order", "7", "i1", "5", "true"), ((string)e["frametype"]!, (string)e["connectionid"]!, (string)e["instance"]!, (string)e["number"]!, $"{e["redelivered"]}".ToLowerInvariant()));
        Assert.Equal(Now, e.Time);
        Assert.Equal($"/gateways/{Uri.EscapeDataString(Environment.MachineName)}", $"{e.Source}");
    }

    [Fact]
    public void An_anonymous_message_has_no_subject_and_no_number()
    {
        var e = RoundTrip(WebhookFormat.OfMessage(new GatewayMessage { ClientId = null, ConnectionId = new ConnectionId(0, 9), RemoteEndPoint = null, Type = "t", Content = default }, "9-1-x"));
        Assert.Null(e.Subject);
        Assert.All(new[] { "instance", "number", "redelivered" }, name => Assert.Null(e[name]));
    }

    [Fact]
    public void Any_content_and_any_type_arrive() => Gen.Select(Gen.Byte.Array[0, 200], Gen.String[Gen.Char, 0, 50]).Sample(sample =>
    {
        var (content, type) = sample;
        var e = RoundTrip(WebhookFormat.OfMessage(Message(content, type: Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(type))), "id"));
        var data = e.Data is string text ? Encoding.UTF8.GetBytes(text) : (byte[])e.Data!;
        return data.AsSpan().SequenceEqual(content) && (e.Data is string) == (e.DataContentType == "text/plain");
    });

    [Fact]
    public void A_presence_event_and_a_gap_have_the_data_of_the_api()
    {
        var presence = new PresenceEvent(12, PresenceChange.Disconnected, new ClientInfo("pump-1", new ConnectionId(0, 7), "s", 3, null), Protocol.CloseReason.ReaderIdle, Now);
        var e = RoundTrip(WebhookFormat.OfPresence(presence, "run"));
        Assert.Equal(("heartbeatgateway.presence.disconnected", "run/12", "pump-1", "application/json"), (e.Type, e.Id, e.Subject, e.DataContentType));
        var data = (System.Text.Json.JsonElement)e.Data!;
        Assert.Equal((12, "pump-1", 3, "reader_idle"), (data.GetProperty("sequence").GetInt64(), data.GetProperty("clientId").GetString(), data.GetProperty("generation").GetInt64(), data.GetProperty("reason").GetString()));
        var gap = RoundTrip(WebhookFormat.OfGap(new PresenceGap(3, 9), "run", Now));
        Assert.Equal(("heartbeatgateway.presence.gap", "run/3-9", "{\"from\":3,\"to\":9}"), (gap.Type, gap.Id, $"{gap.Data}"));
    }

    private static GatewayMessage Message(byte[] content, bool redelivered = false, string type = "order") => new()
    {
        ClientId = "pump-1",
        Instance = "i1",
        Number = 5,
        ConnectionId = new ConnectionId(1, 7),
        RemoteEndPoint = null,
        Type = type,
        Content = content,
        ReceivedAt = Now,
        IsRedelivered = redelivered,
    };

    private static CloudEvent RoundTrip(CloudEvent e) =>
        new JsonEventFormatter().DecodeStructuredModeMessage(WebhookFormat.Encode(e), new ContentType("application/cloudevents+json"), null);
}
