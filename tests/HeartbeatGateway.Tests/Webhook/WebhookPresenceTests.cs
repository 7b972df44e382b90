using System.Net;
using System.Text.Json;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Webhook;

namespace HeartbeatGateway.Tests.Webhook;

/// <summary>Presence events never push back: what is lost is one event with the numbers of the loss.</summary>
public sealed class WebhookPresenceTests
{
    [Fact]
    public async Task An_overrun_is_one_gap_event()
    {
        await using var rig = new WebhookRig();
        const int Lost = 500;
        rig.Presence.Offer(Event(1));
        var first = await rig.NextAsync();
        for (var i = 2; i <= WebhookPresence.MaxWaiting + Lost; i++) rig.Presence.Offer(Event(i));
        Assert.Equal(Lost, Outcome(rig, "lost"));
        var seen = new List<CloudNative.CloudEvents.CloudEvent>(first.Events);
        rig.Script = (request, _) =>
        {
            lock (seen) seen.AddRange(request.Events);
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK));
        };
        first.Answer(200);
        await rig.UntilAsync(() => Outcome(rig, "delivered") == WebhookPresence.MaxWaiting);
        rig.Presence.Offer(Event(WebhookPresence.MaxWaiting + Lost + 1));
        await rig.UntilAsync(() => Outcome(rig, "delivered") == WebhookPresence.MaxWaiting + 1);
        var gap = Assert.Single(seen, e => e.Type == "heartbeatgateway.presence.gap");
        Assert.Equal($$"""{"from":{{WebhookPresence.MaxWaiting + 1}},"to":{{WebhookPresence.MaxWaiting + Lost}}}""", $"{gap.Data}");
        var numbers = seen.Where(e => e.Type != gap.Type).Select(e => ((JsonElement)e.Data!).GetProperty("sequence").GetInt64());
        Assert.Equal(Enumerable.Range(1, WebhookPresence.MaxWaiting).Append(WebhookPresence.MaxWaiting + Lost + 1).Select(n => (long)n), numbers);
    }

    [Fact]
    public async Task Events_that_expire_while_the_receiver_is_down_are_one_gap_event_when_it_is_back()
    {
        await using var rig = new WebhookRig(o => o.MaxAge = TimeSpan.FromSeconds(20));
        rig.Script = (_, _) => throw new HttpRequestException(HttpRequestError.ConnectionError);
        for (var i = 1; i <= 300; i++) rig.Presence.Offer(Event(i));
        await rig.UntilAsync(() => Outcome(rig, "lost") == 300, TimeSpan.FromSeconds(1));
        var gaps = new List<string>();
        rig.Script = (request, _) =>
        {
            lock (gaps) gaps.AddRange(request.Events.Where(e => e.Type == "heartbeatgateway.presence.gap").Select(e => $"{e.Data}"));
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK));
        };
        rig.Presence.Offer(Event(301));
        await rig.UntilAsync(() => Outcome(rig, "delivered") == 1, TimeSpan.FromSeconds(1));
        await rig.UntilAsync(() => gaps.Count > 0, TimeSpan.FromSeconds(1));
        Assert.Equal(["""{"from":1,"to":300}"""], gaps);
    }

    [Fact]
    public async Task Events_that_the_gateway_no_longer_keeps_are_a_gap_and_a_refused_event_is_counted()
    {
        await using var rig = new WebhookRig();
        rig.Presence.Missed(new PresenceGap(1, 40));
        var request = await rig.NextAsync();
        Assert.Equal("""{"from":1,"to":40}""", $"{Assert.Single(request.Events).Data}");
        request.Answer(200);
        rig.Presence.Offer(Event(41));
        (await rig.NextAsync()).Answer(403);
        await rig.UntilAsync(() => Outcome(rig, "rejected") == 1);
        Assert.Equal(40, Outcome(rig, "lost"));
        Assert.Equal(0, rig.Books.Taken);
    }

    private static double Outcome(WebhookRig rig, string outcome) => rig.Metrics.Read("heartbeatgateway.webhook.presence_events", ("outcome", outcome));

    private static PresenceEvent Event(long sequence) =>
        new(sequence, PresenceChange.Connected, new ClientInfo("pump-1", new ConnectionId(0, 7), "s", sequence, null), Protocol.CloseReason.None, new DateTimeOffset(2026, 11, 27, 12, 0, 0, TimeSpan.Zero));
}
