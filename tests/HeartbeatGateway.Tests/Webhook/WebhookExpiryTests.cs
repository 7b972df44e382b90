using System.Text.Json;
using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Tests.Support;

namespace HeartbeatGateway.Tests.Webhook;

/// <summary>Events that are too old, and the end of the process, with and without a dead-letter file.</summary>
public sealed class WebhookExpiryTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly TemporaryFolder _folder = new();

    private string DeadLetters => _folder.File("dead.jsonl");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Without_a_file_an_expired_message_is_dropped_and_not_acknowledged()
    {
        await using var rig = new WebhookRig(o => o.MaxAge = TimeSpan.FromSeconds(30));
        rig.Script = (_, _) => Task.FromResult(new HttpResponseMessage(System.Net.HttpStatusCode.InternalServerError));
        rig.Send("a");
        await rig.UntilAsync(() => rig.Books.Dropped == 1, Second);
        Assert.Equal(1, rig.Books.DroppedByCause[(int)SinkDropCause.Expired]);
        await rig.UntilAsync(() => rig.Verdicts.GetValueOrDefault("a", MessageVerdict.Accepted) == MessageVerdict.Dropped);
        Assert.True(rig.HasLogged("WebhookGaveUp"));
        Assert.True(rig.Clock.GetUtcNow() - rig.Clock.Start >= TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task An_expired_event_of_a_batch_goes_to_the_file_and_the_rest_is_delivered_in_order()
    {
        await using var rig = new WebhookRig(o => (o.MaxAge, o.DeadLetterFile) = (TimeSpan.FromSeconds(60), DeadLetters));
        rig.Send("old");
        var first = await rig.NextAsync();
        rig.Send("older");
        first.Answer(200);
        var batch = await rig.NextAsync();
        // Two events in one batch, of which the first is 50 s older.
        rig.Clock.Advance(TimeSpan.FromSeconds(1));
        batch.Answer(500);
        await rig.UntilAsync(() => rig.Books.Waiting == 1);
        for (var i = 0; i < 49; i++) rig.Clock.Advance(Second);
        rig.Send("young");
        rig.Script = (request, _) => Task.FromResult(new HttpResponseMessage(request.Texts.Contains("older", StringComparer.Ordinal) ? System.Net.HttpStatusCode.BadGateway : System.Net.HttpStatusCode.OK));
        await rig.UntilAsync(() => rig.Books.Delivered == 3, Second);
        await rig.UntilAsync(() => rig.Verdicts.Count == 3);
        Assert.Equal(MessageVerdict.Accepted, rig.Verdicts["older"]);
        var line = Assert.Single(await File.ReadAllLinesAsync(DeadLetters, TestContext.Current.CancellationToken));
        using var json = JsonDocument.Parse(line);
        Assert.Equal("expired", json.RootElement.GetProperty("cause").GetString());
        Assert.Equal("older", json.RootElement.GetProperty("event").GetProperty("data").GetString());
        Assert.Equal("pump-1/i1/2", json.RootElement.GetProperty("event").GetProperty("id").GetString());
        Assert.Equal(1, rig.Metrics.Read("heartbeatgateway.webhook.dead_letters"));
    }

    [Fact]
    public async Task Events_that_expire_in_a_batch_leave_it_and_the_rest_counts_its_attempts_on()
    {
        await using var rig = new WebhookRig(o => (o.MaxAge, o.DeadLetterFile, o.Timeout) = (TimeSpan.FromSeconds(100), DeadLetters, TimeSpan.FromMinutes(5)));
        rig.Send("first");
        var first = await rig.NextAsync();
        rig.Send("old");
        rig.Clock.Advance(TimeSpan.FromSeconds(50));
        rig.Send("young");
        first.Answer(200);
        var both = await rig.NextAsync();
        Assert.Equal(["old", "young"], both.Texts);
        rig.Clock.Advance(TimeSpan.FromSeconds(60));
        both.Answer(500);
        var rest = await rig.NextLaterAsync();
        Assert.Equal(["young"], rest.Texts);
        Assert.Equal(2, rest.Attempt);
        Assert.NotEqual(both.Id, rest.Id);
        Assert.Contains("\"old\"", await File.ReadAllTextAsync(DeadLetters, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        rest.Answer(200);
        await rig.UntilAsync(() => rig.Books.Delivered == 3);
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_acknowledges_nothing()
    {
        await using var rig = new WebhookRig(o => (o.MaxAge, o.DeadLetterFile) = (TimeSpan.FromSeconds(10), Path.Combine(_folder.File("no-folder"), "dead.jsonl")));
        rig.Script = (_, _) => throw new HttpRequestException(HttpRequestError.ConnectionError);
        rig.Send("a");
        await rig.UntilAsync(() => rig.Books.Dropped == 1, Second);
        await rig.UntilAsync(() => rig.Verdicts.Count == 1);
        Assert.Equal(MessageVerdict.Dropped, rig.Verdicts["a"]);
        Assert.True(rig.HasLogged("DeadLettersNotWritten"));
        Assert.Equal(0, rig.Metrics.Read("heartbeatgateway.webhook.dead_letters"));
    }

    [Fact]
    public async Task The_end_of_the_process_delivers_what_the_receiver_takes()
    {
        await using var rig = new WebhookRig();
        rig.Script = (_, _) => Task.FromResult(new HttpResponseMessage(System.Net.HttpStatusCode.OK));
        for (var i = 0; i < 1000; i++) rig.Send($"{i}");
        await rig.EndAsync();
        Assert.Equal(1000, rig.Books.Delivered);
    }

    [Fact]
    public async Task The_end_of_the_process_does_not_wait_for_the_rest_of_a_backoff()
    {
        await using var rig = new WebhookRig();
        rig.Send("a");
        (await rig.NextAsync()).Answer(503, "200");
        await rig.UntilAsync(() => rig.Books.Waiting == 1);
        var ending = rig.EndAsync();
        (await rig.NextAsync()).Answer(200);
        await ending;
        Assert.Equal(1, rig.Books.Delivered);
    }

    [Fact]
    public async Task What_the_receiver_does_not_take_at_the_end_is_in_the_file()
    {
        await using var rig = new WebhookRig(o => (o.Lanes, o.DeadLetterFile) = (4, DeadLetters));
        rig.Script = async (_, cancellationToken) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            return new HttpResponseMessage();
        };
        for (var i = 0; i < 500; i++) rig.Send($"{i}", $"pump-{i % 10}");
        await rig.EndAsync();
        Assert.Equal((500, 0), (rig.Books.Delivered, rig.Books.Dropped));
        var texts = (await File.ReadAllLinesAsync(DeadLetters, TestContext.Current.CancellationToken)).Select(l => JsonDocument.Parse(l).RootElement)
            .Select(l => (Cause: l.GetProperty("cause").GetString(), Text: l.GetProperty("event").GetProperty("data").GetString()!)).ToList();
        Assert.All(texts, t => Assert.Equal("stopped", t.Cause));
        Assert.Equal(Enumerable.Range(0, 500), texts.Select(t => int.Parse(t.Text, System.Globalization.CultureInfo.InvariantCulture)).Order());
    }

    [Fact]
    public async Task What_the_receiver_does_not_take_at_the_end_is_counted_as_stopped_without_a_file()
    {
        await using var rig = new WebhookRig();
        rig.Script = (_, _) => throw new HttpRequestException(HttpRequestError.ConnectionError);
        for (var i = 0; i < 250; i++) rig.Send($"{i}");
        await rig.EndAsync();
        Assert.Equal(250, rig.Books.DroppedByCause[(int)SinkDropCause.Stopped]);
        Assert.All(rig.Verdicts.Values, v => Assert.Equal(MessageVerdict.Dropped, v));
        await rig.Sink.AcceptAsync(rig.Message("late"), CancellationToken.None);
        Assert.Equal(251, rig.Books.DroppedByCause[(int)SinkDropCause.Stopped]);
    }
}
