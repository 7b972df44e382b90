using System.Diagnostics;
using System.Threading.Channels;
using HeartbeatGateway.Tests.Api;
using HeartbeatGateway.Tests.Support;

namespace HeartbeatGateway.Tests.Webhook;

/// <summary>Runs the receiver of docs/webhook.md with a gateway.</summary>
public sealed class WebhookDocumentTests
{
    private const string Other = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

    [Fact]
    public async Task The_python_receiver_verifies_and_prints_the_events_of_a_gateway()
    {
        var python = Environment.GetEnvironmentVariable("PATH")?.Split(':').Select(p => Path.Combine(p, "python3")).FirstOrDefault(File.Exists);
        Assert.SkipWhen(python is null && Environment.GetEnvironmentVariable("CI") is null, "SKIPPED: python3 is missing");
        var document = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "docs", "webhook.md"), TestContext.Current.CancellationToken);
        var program = document.Split("```python\n")[1].Split("```")[0];
        using var receiver = new Receiver(python!, program, WebhookRig.Secret);
        var port = (await receiver.LineAsync()).Split(' ')[^1];
        using var logs = new LogText();
        // Two secrets, of which the receiver has the second one.
        await using var api = await ApiFixture.StartAsync(
            logs, $"--Gateway:Webhook:Url=http://127.0.0.1:{port}/", $"--Gateway:Webhook:Secrets:0:Secret={Other}", $"--Gateway:Webhook:Secrets:1:Secret={WebhookRig.Secret}", "--Serilog:MinimumLevel:Default=Information");
        using (await api.ConnectAsync("pump-1", "i1")) Assert.StartsWith("heartbeatgateway.presence.connected pump-1 {", await receiver.LineAsync(), StringComparison.Ordinal);
        Assert.StartsWith("heartbeatgateway.presence.disconnected pump-1 {", await receiver.LineAsync(), StringComparison.Ordinal);

        using var refusing = new Receiver(python!, program, "whsec_" + new string('A', 32));
        var refusingPort = (await refusing.LineAsync()).Split(' ')[^1];
        await using var other = await ApiFixture.StartAsync(
            logs, $"--Gateway:Webhook:Url=http://127.0.0.1:{refusingPort}/", $"--Gateway:Webhook:Secrets:0:Secret={Other}", "--Serilog:MinimumLevel:Default=Information");
        using (await other.ConnectAsync("pump-2", "i1")) await logs.SawAsync("WebhookRejected", "status 401");
    }

    private sealed class Receiver : IDisposable
    {
        private readonly Process _process;
        private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

        public Receiver(string python, string program, string secret)
        {
            _process = new Process { StartInfo = new ProcessStartInfo(python, ["-c", program, "0", secret]) { RedirectStandardOutput = true, UseShellExecute = false } };
            _process.OutputDataReceived += (_, line) =>
            {
                if (line.Data is { } text) _lines.Writer.TryWrite(text);
            };
            _process.Start();
            _process.BeginOutputReadLine();
        }

        public Task<string> LineAsync() => _lines.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System);

        public void Dispose()
        {
            _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
        }
    }
}
