using System.Text.Json;

namespace HeartbeatGateway.Cli.Tests.Api.Messages;

public sealed class SendTests : IDisposable
{
    private const string Queued = """{"results":[{"clientId":"a","result":"queued"}]}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("hbg-send-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Each_client_has_its_result_and_one_without_the_message_gives_exit_code_6()
    {
        var run = Contract.Gateway().Run();
        Assert.Equal(ExitCode.NotDelivered, await run.LineAsync("send pump-17 pump-18 --text start"));
        Assert.Equal("queued  pump-17\ngone    pump-18\n", run.Output);
        Assert.Empty(run.Errors);
    }

    [Theory]
    [InlineData("delivered", 0, "")]
    [InlineData("held", 0, "")]
    [InlineData("expired", 6, ": not acknowledged in time; the client may have received it")]
    [InlineData("dropped", 6, ": the gateway has stopped or no longer keeps it; the client may have received it")]
    [InlineData("slow", 6, "")]
    [InlineData("lost", 6, ": this version of hbg does not know the result; it counts as not delivered")]
    public async Task Every_result_that_is_not_good_is_a_failure(string result, int code, string text)
    {
        var api = new FakeApi().On("POST messages", $$"""{"results":[{"clientId":"a","result":"{{result}}"},{"clientId":"b","result":"queued"}]}""");
        var run = api.Run();
        Assert.Equal(code, (int)await run.LineAsync("send a b --ttl 1m --wait 2.5s"));
        var width = Math.Max(result.Length, 7);
        Assert.Equal($"{result.PadRight(width)} a{text}\n{"queued".PadRight(width)} b\n", run.Output);
        Assert.Equal("?wait=2.5", Assert.Single(api.Requests).Query);
    }

    [Theory]
    [InlineData("", 2)]
    [InlineData(" --wait 20s", 22)]
    public async Task The_time_limit_for_the_answer_begins_after_the_wait(string wait, int seconds)
    {
        using var gateway = new SilentGateway();
        var run = new CliRun { Http = () => gateway };
        var running = run.LineAsync($"send a --timeout 2s{wait}");
        var limit = await gateway.Asked.Task;
        run.Time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
        Assert.False(limit.IsCancellationRequested);
        run.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(limit.IsCancellationRequested);
        Assert.NotEqual(ExitCode.Success, await run.AdvanceUntilAsync(running, TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public async Task Bytes_of_a_file_and_of_standard_input_are_sent_as_they_are()
    {
        byte[] bytes = [0, 255, 10];
        await File.WriteAllBytesAsync(Path.Combine(_folder, "f"), bytes, TestContext.Current.CancellationToken);
        var api = new FakeApi().On("POST messages", Queued);
        Assert.Equal(ExitCode.Success, await api.Run().LineAsync($"send a --file {_folder}/f"));
        var run = new CliRun { Http = () => api, Input = new MemoryStream(bytes) };
        Assert.Equal(ExitCode.Success, await run.LineAsync("send a --file -"));
        Assert.All(api.Requests, r => Assert.Equal(bytes, JsonDocument.Parse(r.Body).RootElement.GetProperty("base64").GetBytesFromBase64()));
    }

    [Fact]
    public async Task Content_that_no_request_can_carry_is_refused_before_it_is_sent()
    {
        await File.WriteAllBytesAsync(Path.Combine(_folder, "f"), new byte[(700 * 1024) + 1], TestContext.Current.CancellationToken);
        var api = new FakeApi();
        var run = api.Run();
        Assert.Equal(ExitCode.File, await run.LineAsync($"send a --file {_folder}/f"));
        Assert.Contains("is longer than 716800 bytes", run.Errors, StringComparison.Ordinal);
        Assert.Empty(api.Requests);
    }

    [Fact]
    public async Task The_gateways_own_limit_is_repeated_as_it_is()
    {
        var run = new FakeApi().On("POST messages", Reply.Problem(400, "content_too_large", "The content has 70000 bytes, but may have at most 65536 (Gateway:Frames:MaxContentBytes).")).Run();
        Assert.Equal(ExitCode.Usage, await run.LineAsync("send a --text x"));
        Assert.Equal("hbg: The content has 70000 bytes, but may have at most 65536 (Gateway:Frames:MaxContentBytes).\n", run.Errors);
    }

    [Fact]
    public async Task A_lost_answer_is_asked_for_once_more_with_the_same_idempotency_key()
    {
        await using var server = new RawServer((string?)null, RawServer.Answer(Queued));
        var run = new CliRun { Clock = TimeProvider.System };
        Assert.Equal(ExitCode.Success, await run.LineAsync($"send a --text x --gateway {server.Address}"));
        Assert.Equal("queued  a\n", run.Output);
        Assert.Contains("the answer was lost; trying again, the gateway sends nothing twice", run.Errors, StringComparison.Ordinal);
        Assert.Equal(2, server.Requests.Count);
        Assert.Single(server.Requests.Select(KeyOf).Distinct());
        Assert.Matches("^[0-9a-f]{32}$", KeyOf(server.Requests[0]));
    }

    [Fact]
    public async Task An_answer_that_is_lost_twice_gives_exit_code_6_and_the_key_to_try_again()
    {
        await using var server = new RawServer((string?)null);
        var run = new CliRun { Clock = TimeProvider.System };
        Assert.Equal(ExitCode.NotDelivered, await run.LineAsync($"broadcast --text x --gateway {server.Address} --idempotency-key order-1"));
        Assert.Equal(["order-1", "order-1"], server.Requests.Select(KeyOf));
        Assert.Contains("It is not known whether the message was sent. To try again without sending twice, within 10 minutes: --idempotency-key order-1", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_is_not_tried_again()
    {
        var api = new FakeApi().On("POST broadcast", Reply.Problem(403, "scope_required", "no"));
        Assert.Equal(ExitCode.Refused, await api.Run().LineAsync("broadcast"));
        Assert.Single(api.Requests);
    }

    private static string KeyOf(string request) =>
        request.Split("\r\n").Single(l => l.StartsWith("Idempotency-Key: ", StringComparison.Ordinal))["Idempotency-Key: ".Length..];

    /// <summary>Takes requests and never answers.</summary>
    private sealed class SilentGateway : HttpMessageHandler
    {
        /// <summary>Ends the first request.</summary>
        public TaskCompletionSource<CancellationToken> Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked.TrySetResult(cancellationToken);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            throw new InvalidOperationException("It never answers.");
        }
    }
}
