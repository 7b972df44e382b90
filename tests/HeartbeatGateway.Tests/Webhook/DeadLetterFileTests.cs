using HeartbeatGateway.Configuration;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Tests.Support;
using HeartbeatGateway.Webhook;

namespace HeartbeatGateway.Tests.Webhook;

/// <summary>The file keeps complete lines, within its bound.</summary>
public sealed class DeadLetterFileTests : IDisposable
{
    private const int Bound = 64 * 1024;

    private readonly TemporaryFolder _folder = new();

    private string FilePath => _folder.File("dead.jsonl");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Lines_are_appended_and_a_torn_line_of_a_killed_process_stays_apart()
    {
        await File.WriteAllTextAsync(FilePath, "{\"torn\":", TestContext.Current.CancellationToken);
        using var file = new DeadLetterFile(FilePath, new TestClock());
        await file.AppendAsync([Event("a"), Event("b")], "expired", Bound);
        await file.AppendAsync([Event("c")], "stopped", Bound);
        var lines = await File.ReadAllLinesAsync(FilePath, TestContext.Current.CancellationToken);
        Assert.Equal("{\"torn\":", lines[0]);
        Assert.Equal(["a", "b", "c"], lines.Skip(1).Select(l => System.Text.Json.JsonDocument.Parse(l).RootElement.GetProperty("event").GetProperty("data").GetString()));
    }

    [Fact]
    public async Task At_the_bound_nothing_is_written_and_no_old_line_is_lost()
    {
        using var file = new DeadLetterFile(FilePath, new TestClock());
        var written = 0;
        await Assert.ThrowsAsync<IOException>(async () =>
        {
            while (true)
            {
                await file.AppendAsync([Event(new string('x', 1000))], "expired", Bound);
                written++;
            }
        });
        var files = Directory.GetFiles(Path.GetDirectoryName(FilePath)!);
        Assert.True(files.Length > 5, $"{files.Length} files");
        Assert.InRange(files.Sum(f => new FileInfo(f).Length), Bound - 2000, Bound);
        Assert.Equal(written, files.Sum(f => File.ReadAllLines(f).Length));
        // Space comes from moving a file away.
        File.Delete(files.First(f => f != FilePath));
        await file.AppendAsync([Event("again")], "expired", Bound);
    }

    [Fact]
    public async Task A_full_disk_is_a_failure()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "SKIPPED: /dev/full is missing");
        using var file = new DeadLetterFile("/dev/full", new TestClock());
        await Assert.ThrowsAsync<IOException>(() => file.AppendAsync([Event("a")], "expired", Bound));
    }

    [Fact]
    public void A_start_names_a_file_that_cannot_be_written()
    {
        var options = new WebhookOptions { Url = "https://receiver.example/", DeadLetterFile = Path.Combine(_folder.File("no-folder"), "dead.jsonl") };
        Assert.StartsWith($"Gateway:Webhook:DeadLetterFile '{options.DeadLetterFile}' cannot be written", DeadLetterFile.FindStartFault(options), StringComparison.Ordinal);
        options.DeadLetterFile = FilePath;
        Assert.Null(DeadLetterFile.FindStartFault(options));
    }

    private static WebhookEvent Event(string text) => new TextEvent(text);

    private sealed class TextEvent(string text) : WebhookEvent(0)
    {
        public override CloudNative.CloudEvents.CloudEvent ToCloudEvent() =>
            new() { Id = "1", Type = "t", Source = WebhookFormat.Source, DataContentType = "text/plain", Data = text };

        protected override void Started() => throw new NotSupportedException();

        protected override void Retried() => throw new NotSupportedException();

        protected override void Delivered() => throw new NotSupportedException();

        protected override void Rejected() => throw new NotSupportedException();

        protected override void Dropped(Server.Messages.SinkDropCause cause) => throw new NotSupportedException();
    }
}
