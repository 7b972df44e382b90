using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server.Messages;

namespace HeartbeatGateway.Tests.Webhook;

/// <summary>What becomes of messages for each answer of the receiver; the books balance after each.</summary>
public sealed class WebhookSinkTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_message_is_in_flight_until_the_receiver_has_it()
    {
        await using var rig = new WebhookRig();
        rig.Send("a");
        var request = await rig.NextAsync();
        var e = Assert.Single(request.Events);
        Assert.Equal(("heartbeatgateway.message", "pump-1/i1/1", "pump-1", "order", "a"), (e.Type, e.Id, e.Subject, (string)e["frametype"]!, (string)e.Data!));
        Assert.Equal(1, request.Attempt);
        Assert.True(request.IsSignedWith(WebhookRig.Secret));
        Assert.Equal((1, 0, 1), (rig.Books.Taken, rig.Books.Waiting, rig.Books.InFlight));
        Assert.Empty(rig.Verdicts);
        request.Answer(200);
        await rig.UntilAsync(() => rig.Books.Delivered == 1);
        await rig.UntilAsync(() => rig.Verdicts.GetValueOrDefault("a", MessageVerdict.Dropped) == MessageVerdict.Accepted);
        Assert.Equal(1, rig.Metrics.Read("heartbeatgateway.webhook.requests", ("outcome", "accepted")));
    }

    [Fact]
    public async Task What_arrives_while_a_request_is_in_flight_makes_the_next_batch_in_order()
    {
        await using var rig = new WebhookRig(o => o.MaxBatchEvents = 3);
        rig.Send("0");
        var first = await rig.NextAsync();
        for (var i = 1; i <= 4; i++) rig.Send($"{i}");
        first.Answer(204);
        var second = await rig.NextAsync();
        Assert.Equal(["1", "2", "3"], second.Texts);
        second.Answer(200);
        var third = await rig.NextAsync();
        Assert.Equal(["4"], third.Texts);
        Assert.Equal(3, new HashSet<string>([first.Id, second.Id, third.Id], StringComparer.Ordinal).Count);
        third.Answer(200);
        await rig.UntilAsync(() => rig.Books.Delivered == 5);
    }

    [Fact]
    public async Task A_batch_has_at_most_the_bytes_of_the_setting_and_a_larger_event_is_sent_alone()
    {
        await using var rig = new WebhookRig(o => o.MaxBatchBytes = 1024);
        rig.Send("first");
        var first = await rig.NextAsync();
        rig.Send("small");
        rig.Send(new string('x', 2000));
        rig.Send("last");
        first.Answer(200);
        foreach (var expected in new[] { 5, 2000, 4 })
        {
            var request = await rig.NextAsync();
            Assert.Equal(expected, Assert.Single(request.Texts).Length);
            Assert.True(request.Body.Length <= 1024 || expected == 2000, $"{request.Body.Length} bytes");
            request.Answer(200);
        }

        await rig.UntilAsync(() => rig.Books.Delivered == 4);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(408)]
    [InlineData(425)]
    [InlineData(429)]
    [InlineData(302)]
    public async Task A_request_that_failed_is_repeated_with_the_same_id_and_body(int status)
    {
        await using var rig = new WebhookRig();
        rig.Send("a");
        var first = await rig.NextAsync();
        rig.Send("b");
        first.Answer(status);
        await rig.UntilAsync(() => rig.Books is { Waiting: 2, InFlight: 0 });
        Assert.NotNull(rig.Sink.OldestWaiting);
        var second = await rig.NextLaterAsync();
        Assert.Equal((first.Id, 2, Convert.ToHexString(first.Body)), (second.Id, second.Attempt, Convert.ToHexString(second.Body)));
        Assert.True(rig.Clock.GetUtcNow() - first.Timestamp >= TimeSpan.FromMilliseconds(250));
        second.Fail(new HttpRequestException(HttpRequestError.ConnectionError, "not-shown"));
        var third = await rig.NextLaterAsync();
        Assert.Equal((first.Id, 3), (third.Id, third.Attempt));
        Assert.True(third.IsSignedWith(WebhookRig.Secret));
        third.Answer(200);
        var next = await rig.NextAsync();
        Assert.Equal(("b", 1), (Assert.Single(next.Texts), next.Attempt));
        next.Answer(200);
        await rig.UntilAsync(() => rig.Books.Delivered == 2);
        Assert.True(rig.HasLogged("WebhookFailing") && rig.HasLogged("WebhookRecovered"));
        Assert.Equal(2, rig.Metrics.Read("heartbeatgateway.webhook.requests", ("outcome", "retried")));
    }

    [Fact]
    public async Task A_repeat_has_a_new_timestamp_and_signature()
    {
        await using var rig = new WebhookRig();
        rig.Send("a");
        var first = await rig.NextAsync();
        first.Answer(429, "7");
        var second = await rig.NextLaterAsync();
        Assert.InRange(second.Timestamp - first.Timestamp, TimeSpan.FromSeconds(6), TimeSpan.FromMinutes(1));
        Assert.NotEqual(first.Signature, second.Signature);
        second.Answer(429, rig.Clock.GetUtcNow().AddSeconds(20).ToString("R"));
        var third = await rig.NextLaterAsync();
        Assert.InRange(third.Timestamp - second.Timestamp, TimeSpan.FromSeconds(18), TimeSpan.FromMinutes(1));
        third.Answer(200);
    }

    [Fact]
    public async Task A_receiver_that_does_not_answer_is_asked_again_after_the_timeout()
    {
        await using var rig = new WebhookRig(o => o.Timeout = TimeSpan.FromSeconds(3));
        rig.Send("a");
        var hanging = await rig.NextAsync();
        var second = await rig.NextLaterAsync();
        Assert.True(rig.Clock.GetUtcNow() - hanging.Timestamp >= TimeSpan.FromSeconds(3));
        Assert.Equal((hanging.Id, 2), (second.Id, second.Attempt));
        second.Answer(200);
        await rig.UntilAsync(() => rig.Books.Delivered == 1);
    }

    [Fact]
    public async Task Events_that_the_receiver_refuses_are_rejected_and_logged_once_a_second()
    {
        await using var rig = new WebhookRig(o => o.MaxBatchEvents = 1);
        for (var i = 0; i < 20; i++) rig.Send($"{i}");
        for (var i = 0; i < 20; i++) (await rig.NextAsync()).Answer(404);
        await rig.UntilAsync(() => rig.Books.Rejected == 20);
        await rig.UntilAsync(() => rig.Verdicts.Count == 20);
        Assert.All(rig.Verdicts.Values, v => Assert.Equal(MessageVerdict.Rejected, v));
        Assert.Single(rig.Logs.GetSnapshot(), r => r.Id.Name == "WebhookRejected");
        rig.Clock.Advance(Second);
        rig.Send("later");
        (await rig.NextAsync()).Answer(400);
        await rig.UntilAsync(() => rig.Books.Rejected == 21);
        Assert.Contains("20 since the last report", rig.Logs.LatestRecord.Message, StringComparison.Ordinal);
        Assert.Equal(21, rig.Metrics.Read("heartbeatgateway.webhook.requests", ("outcome", "rejected")));
    }

    [Fact]
    public async Task A_batch_that_is_too_large_is_split_until_one_event_is_rejected()
    {
        await using var rig = new WebhookRig();
        rig.Send("first");
        var first = await rig.NextAsync();
        foreach (var text in new[] { "a", "b", "huge", "d" }) rig.Send(text);
        first.Answer(200);
        var order = new List<string>();
        var attempts = new List<int>();
        for (var i = 0; i < 5; i++)
        {
            var request = await rig.NextAsync();
            attempts.Add(request.Attempt);
            var isTooLarge = request.Texts.Contains("huge", StringComparer.Ordinal);
            if (!isTooLarge) order.AddRange(request.Texts);
            request.Answer(isTooLarge ? 413 : 200);
        }

        await rig.UntilAsync(() => rig.Books.Delivered + rig.Books.Rejected == 5);
        await rig.UntilAsync(() => rig.Verdicts.Count == 5);

        Assert.Equal(["a", "b", "d"], order);
        Assert.Equal([1, 2, 2, 3, 3], attempts);
        Assert.Equal((MessageVerdict.Rejected, MessageVerdict.Accepted), (rig.Verdicts["huge"], rig.Verdicts["d"]));
        Assert.Equal((4, 1), (rig.Books.Delivered, rig.Books.Rejected));
    }

    [Fact]
    public async Task The_answer_410_stops_the_webhook_until_its_url_changes()
    {
        await using var rig = new WebhookRig();
        rig.Send("a");
        (await rig.NextAsync()).Answer(410);
        await rig.UntilAsync(() => rig.Sink.IsStopped);
        // It stops before it says so.
        await rig.UntilAsync(() => rig.HasLogged("WebhookStopped"));
        rig.Send("b");
        for (var i = 0; i < 100; i++) rig.Clock.Advance(Second);
        await rig.UntilAsync(() => rig.Books is { Waiting: 2, InFlight: 0 });
        Assert.Equal(1, rig.Metrics.Read("heartbeatgateway.webhook.requests"));
        Assert.Equal(1, rig.Metrics.Read("heartbeatgateway.webhook.stopped"));

        rig.InForce.Value = new ServiceOptions { Webhook = { Url = "https://other.example/hook", Lanes = 1, Secrets = { new WebhookSecretOptions { Secret = WebhookRig.Secret } } } };
        var again = await rig.NextLaterAsync();
        Assert.Equal((2, "a"), (again.Attempt, Assert.Single(again.Texts)));
        Assert.False(rig.Sink.IsStopped);
        Assert.Equal(0, rig.Metrics.Read("heartbeatgateway.webhook.stopped"));
        again.Answer(200);
        (await rig.NextAsync()).Answer(200);
        await rig.UntilAsync(() => rig.Books.Delivered == 2);
    }

    [Fact]
    public async Task At_the_bound_the_sender_waits_until_there_is_room_and_can_give_up()
    {
        await using var rig = new WebhookRig(o => o.MaxWaitingMessages = 2);
        rig.Send("a");
        var first = await rig.NextAsync();
        rig.Send("b");
        using var leaving = new CancellationTokenSource();
        var gone = rig.Sink.AcceptAsync(rig.Message("gone", "pump-2"), leaving.Token).AsTask();
        var waiting = rig.Sink.AcceptAsync(rig.Message("c", "pump-3"), CancellationToken.None).AsTask();
        Assert.False(gone.IsCompleted || waiting.IsCompleted);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        Assert.Equal(2, rig.Books.Taken);
        first.Answer(200);
        await waiting;
        (await rig.NextAsync()).Answer(200);
        await rig.UntilAsync(() => rig.Books.Delivered >= 2);
        if (rig.Books.Delivered < 3) (await rig.NextAsync()).Answer(200);
        await rig.UntilAsync(() => rig.Books.Delivered == 3);
        Assert.DoesNotContain("gone", rig.Verdicts.Keys);
    }

    [Fact]
    public async Task Messages_without_a_client_go_by_connection_and_have_ids_of_their_own()
    {
        await using var rig = new WebhookRig();
        await rig.Sink.AcceptAsync(rig.Message("a", client: null, instance: null), CancellationToken.None);
        var e = Assert.Single((await AnswerAsync(rig)).Events);
        Assert.Null(e.Subject);
        Assert.StartsWith("7-1-", e.Id, StringComparison.Ordinal);
        await rig.Sink.AcceptAsync(rig.Message("b", client: "pump-1", instance: null), CancellationToken.None);
        Assert.StartsWith("7-2-", Assert.Single((await AnswerAsync(rig)).Events).Id, StringComparison.Ordinal);
    }

    private static async Task<ReceivedRequest> AnswerAsync(WebhookRig rig)
    {
        var request = await rig.NextAsync();
        request.Answer(200);
        return request;
    }
}
