using System.Text.Json;

namespace HeartbeatGateway.Cli.Tests.Load;

public sealed class LoadTests
{
    [Fact]
    public async Task A_run_reports_the_results_of_its_clients()
    {
        await using var gateway = new FakeGateway();
        var run = Run();

        Assert.Equal(ExitCode.Success, await run.LineAsync(
            $"load -e {gateway.Endpoint} -n 30 --ramp 300 --duration 3s --heartbeat 100ms --message-every 200ms --message-bytes 10 --sources 3 --json "
            + "--max-p99 10s --max-lost 0 --max-unconnected 0 --min-connect-rate 1"));

        using var json = JsonDocument.Parse(run.Output);
        var report = json.RootElement;
        Assert.Equal(30, report.GetProperty("connected").GetInt32());
        Assert.Equal(0, report.GetProperty("neverConnected").GetInt32());
        Assert.Equal(30, report.GetProperty("connectedAtEnd").GetInt32());
        Assert.Equal(0, report.GetProperty("lost").GetInt32());
        Assert.True(report.GetProperty("rtt").GetProperty("count").GetInt64() >= 30);
        Assert.True(report.GetProperty("rtt").GetProperty("p50Ms").GetDouble() <= report.GetProperty("rtt").GetProperty("maxMs").GetDouble());
        Assert.True(report.GetProperty("messagesSent").GetInt64() >= 30);
        Assert.True(report.GetProperty("peakMemoryBytes").GetInt64() > 0);
        Assert.All(report.GetProperty("bounds").EnumerateArray(), b => Assert.True(b.GetProperty("met").GetBoolean()));
        Assert.Equal(["127.1.0.1", "127.1.0.2", "127.1.0.3"], gateway.Addresses.Select(a => a.ToString()).Distinct().Order());
        Assert.Equal(30, gateway.ClientIds.Distinct().Count());
        Assert.All(gateway.Messages, m => Assert.Equal(("message", "xxxxxxxxxx"), m));
    }

    [Fact]
    public async Task A_missed_bound_is_reported_and_gives_exit_code_1()
    {
        await using var gateway = new FakeGateway();
        var run = Run();
        Assert.Equal(ExitCode.BoundMissed, await run.LineAsync(
            $"load -e {gateway.Endpoint} -n 3 --duration 1500ms --heartbeat 50ms --anonymous --max-p50 1us --max-lost 5 --quiet"));
        Assert.Contains("MISSED            --max-p50 1 µs: ", run.Output, StringComparison.Ordinal);
        Assert.Contains("kept              --max-lost 5: 0", run.Output, StringComparison.Ordinal);
        Assert.Empty(gateway.ClientIds);
        Assert.Empty(run.Errors);
    }

    [Fact]
    public async Task Lost_connections_and_reconnects_are_counted()
    {
        await using var gateway = new FakeGateway { DropsOnMessage = true };
        var run = Run();
        Assert.Equal(ExitCode.BoundMissed, await run.LineAsync(
            $"load -e {gateway.Endpoint} -n 5 --duration 2500ms --message-every 1s --max-lost 0 --json --quiet"));
        using var json = JsonDocument.Parse(run.Output);
        Assert.True(json.RootElement.GetProperty("lost").GetInt32() >= 5);
        Assert.Equal(json.RootElement.GetProperty("lost").GetInt32(), json.RootElement.GetProperty("lostBy").EnumerateObject().Sum(p => p.Value.GetInt32()));
        Assert.True(json.RootElement.GetProperty("reconnects").GetInt32() > 0);
        Assert.True(json.RootElement.GetProperty("reconnectSpread").GetProperty("attempts").GetInt32() > 0);
    }

    [Fact]
    public async Task With_ack_the_report_tells_what_was_acknowledged_sent_again_and_lost()
    {
        await using var gateway = new FakeGateway { Acknowledges = true, DropsFirst = true, Push = ("news", "x"), Pushes = 2 };
        var run = Run();
        Assert.Equal(ExitCode.Success, await run.LineAsync(
            $"load -e {gateway.Endpoint} -n 5 --duration 3s --message-every 200ms --ack --max-lost-messages 0 --json --quiet"));
        using var json = JsonDocument.Parse(run.Output);
        var delivery = json.RootElement.GetProperty("delivery");
        Assert.Equal(json.RootElement.GetProperty("messagesSent").GetInt64(), delivery.GetProperty("acknowledged").GetInt64());
        Assert.Equal(delivery.GetProperty("acknowledged").GetInt64(), delivery.GetProperty("acknowledgementTime").GetProperty("count").GetInt64());
        Assert.Equal(0, delivery.GetProperty("lost").GetInt64());
        Assert.True(delivery.GetProperty("resent").GetInt64() >= 1);
        Assert.True(delivery.GetProperty("duplicates").GetInt64() >= 5);
    }

    [Fact]
    public async Task With_ack_messages_to_a_gateway_without_acknowledgements_are_refused()
    {
        await using var gateway = new FakeGateway();
        var run = Run();
        Assert.Equal(ExitCode.Success, await run.LineAsync($"load -e {gateway.Endpoint} -n 3 --duration 500ms --message-every 100ms --ack --quiet"));
        Assert.Contains("messages          0 sent, ", run.Output, StringComparison.Ordinal);
        Assert.Contains("acknowledged      0, 0 lost, 0 sent again, 0 duplicates received", run.Output, StringComparison.Ordinal);
        Assert.Contains("time to ack       no message was acknowledged", run.Output, StringComparison.Ordinal);
        Assert.Empty(gateway.Messages);
    }

    [Fact]
    public async Task An_interrupted_run_writes_a_report()
    {
        await using var gateway = new FakeGateway();
        using var stopping = new CancellationTokenSource();
        var run = Run();
        var running = run.LineAsync($"load -e {gateway.Endpoint} -n 5 --duration 1h --heartbeat 50ms --message-every 50ms", stopping.Token);
        await gateway.HellosAnsweredAsync(5);
        // A message proves that a client has read its welcome.
        while (gateway.Messages.IsEmpty) await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, TestContext.Current.CancellationToken);
        await stopping.CancelAsync();
        Assert.Equal(ExitCode.Interrupted, await running);
        Assert.Contains("ended early", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unreachable_gateway_gives_exit_code_4_and_a_report()
    {
        var run = Run();
        Assert.Equal(ExitCode.NoGateway, await run.LineAsync("load -e 127.0.0.1:1 -n 3 --duration 200ms --quiet"));
        Assert.Contains("failed attempts", run.Output, StringComparison.Ordinal);
        Assert.Contains("connect_failed", run.Output, StringComparison.Ordinal);
        Assert.Contains("no client connected to 127.0.0.1:1", run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--clients 0", "--clients is 0, but must be from 1 to 1000000")]
    [InlineData("--clients 999999", "can open only about")]
    [InlineData("--ramp 0", "--ramp must be above 0")]
    [InlineData("--message-bytes -1", "--message-bytes is -1")]
    [InlineData("--message-every 1us", "--message-every must be at least 1ms")]
    [InlineData("--sources 3 -e 192.0.2.1:8081", "can reach only a gateway on this machine")]
    [InlineData("--sources 0", "--sources is 0, but must be from 1")]
    [InlineData("--client-id-prefix a/b", "--client-id-prefix is 'a/b'")]
    [InlineData("--max-p99 20d", "--max-p99 is '20d', but must be a duration")]
    [InlineData("--max-lost few", "--max-lost")]
    public async Task Names_the_option_with_an_invalid_value(string options, string error)
    {
        if (options.Contains("999999", StringComparison.Ordinal))
        {
            Assert.SkipUnless(HeartbeatGateway.Cli.Load.DescriptorLimit.MaxClients() < 999_999, "this process can open a million sockets");
        }

        var run = Run();
        Assert.Equal(ExitCode.Usage, await run.LineAsync($"load {options}"));
        Assert.Contains(error, run.Errors, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    private static CliRun Run() => new CliRun { Clock = TimeProvider.System }.Set("HBG_SECRET", CliRun.Secret);
}
