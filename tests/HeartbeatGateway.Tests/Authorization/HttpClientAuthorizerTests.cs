using System.Collections.Concurrent;
using System.Net;
using HeartbeatGateway.Authorization;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Testing;
using Microsoft.Extensions.Logging.Testing;

namespace HeartbeatGateway.Tests.Authorization;

/// <summary>Cached answers, bounds, deadlines and what happens without an answer, on a fake clock.</summary>
public sealed class HttpClientAuthorizerTests : IDisposable
{
    private readonly SteppedTimeProvider _time = new(new DateTimeOffset(2026, 11, 27, 10, 0, 0, TimeSpan.Zero));
    private readonly TestMeterFactory _meters = new();
    private readonly FakeLogger<HttpClientAuthorizer> _logger = new();
    private readonly MetricReader _metrics;
    private readonly AuthorizationOptions _options = new() { Url = "http://127.0.0.1:9/", OnFailure = AuthorizationFailurePolicy.Deny, MaxConcurrent = 2, MaxWaiting = 3 };
    private readonly ConcurrentQueue<TaskCompletionSource<AuthorizationAnswer>> _asked = new();
    private int _count;

    public HttpClientAuthorizerTests() => _metrics = new MetricReader(_meters);

    public void Dispose()
    {
        _metrics.Dispose();
        _meters.Dispose();
    }

    [Theory]
    [InlineData(true, "allowed")]
    [InlineData(false, "refused")]
    public async Task An_answer_holds_for_its_client_and_key_and_for_a_time(bool isAllowed, string result)
    {
        using var authorizer = Create();
        var first = AskAsync(authorizer, "a");
        Next().SetResult(new AuthorizationAnswer(isAllowed, "because"));
        Assert.Equal(new ClientAuthorization(isAllowed, "because"), await first);
        Assert.Equal(new ClientAuthorization(isAllowed, "because"), await AskAsync(authorizer, "a"));
        Assert.Equal((1, 1, 1), (_count, Count(result), Count($"cached_{result}")));

        _ = AskAsync(authorizer, "a", "other-key");
        Assert.Equal(2, _count);
        _time.Advance(_options.CacheDuration - TimeSpan.FromTicks(1));
        Assert.True(AskAsync(authorizer, "a").IsCompleted);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.False(AskAsync(authorizer, "a").IsCompleted);
        Assert.Equal(3, _count);
    }

    [Theory]
    [InlineData("Allow", true, "failed_open")]
    [InlineData("Deny", false, "failed_closed")]
    public async Task Without_an_answer_the_settings_decide_and_nothing_is_cached(string policy, bool isAllowed, string result)
    {
        _options.OnFailure = Enum.Parse<AuthorizationFailurePolicy>(policy);
        using var authorizer = Create();
        var failed = AskAsync(authorizer, "a");
        Next().SetException(new HttpRequestException("connection refused"));
        var late = AskAsync(authorizer, "a");
        _time.Advance(_options.Timeout);
        foreach (var answer in new[] { await failed, await late }) Assert.Equal((isAllowed, !isAllowed), (answer.IsAllowed, answer.MayRetry));
        Assert.Equal((2, 2), (_count, Count(result)));
        Assert.Equal([0, 2], _metrics.Recorded("heartbeatgateway.authorization_duration"));
        var lines = _logger.Collector.GetSnapshot().Select(l => l.Message).ToList();
        Assert.Contains("connection refused", lines[0], StringComparison.Ordinal);
        Assert.Contains("did not answer within 2 s", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bounded_number_is_asked_at_a_time_a_bounded_number_waits_and_the_rest_has_failed()
    {
        using var authorizer = Create();
        var all = Enumerable.Range(0, 6).Select(i => AskAsync(authorizer, $"device-{i}")).ToList();
        Assert.Equal((2, 3), (_count, authorizer.Waiting));
        Assert.Equal((false, true), ((await all[5]).IsAllowed, (await all[5]).MayRetry));
        while (all.Exists(question => !question.IsCompleted))
        {
            Assert.InRange(_asked.Count, 0, 2);
            // Which of the waiting ones comes next is not promised.
            while (_asked.TryDequeue(out var question)) question.SetResult(new AuthorizationAnswer(true, null));
            await EngineHarness.SettleAsync();
        }

        foreach (var question in all[..5]) Assert.True((await question).IsAllowed);

        Assert.Equal((5, 0, 5, 1), (_count, authorizer.Waiting, Count("allowed"), Count("failed_closed")));
    }

    [Fact]
    public async Task The_deadline_covers_the_wait_for_a_turn()
    {
        using var authorizer = Create();
        var asked = Enumerable.Range(0, 4).Select(i => AskAsync(authorizer, $"device-{i}")).ToList();
        Assert.Equal((2, 2), (_count, authorizer.Waiting));
        _time.Advance(_options.Timeout - TimeSpan.FromTicks(1));
        Assert.DoesNotContain(asked, a => a.IsCompleted);
        _time.Advance(TimeSpan.FromTicks(1));
        foreach (var answer in asked) Assert.True((await answer).MayRetry);
        Assert.Equal((0, 4), (authorizer.Waiting, Count("failed_closed")));
        // The service was asked about no more than it was allowed to answer.
        Assert.InRange(_count, 2, 4);
    }

    [Fact]
    public async Task An_answer_about_one_address_does_not_hold_for_another()
    {
        using var authorizer = Create();
        var first = AskAsync(authorizer, "a");
        Next().SetResult(new AuthorizationAnswer(false, "this address may not"));
        Assert.False((await first).IsAllowed);
        var elsewhere = Request("a") with { RemoteEndPoint = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 1) };
        var second = authorizer.AuthorizeAsync(elsewhere, CancellationToken.None).AsTask();
        Next().SetResult(new AuthorizationAnswer(true, null));
        Assert.True((await second).IsAllowed);
        // Another port is another connection of the same client.
        Assert.True((await authorizer.AuthorizeAsync(elsewhere with { RemoteEndPoint = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 2) }, CancellationToken.None)).IsAllowed);
        Assert.Equal(2, _count);
    }

    [Fact]
    public async Task A_connection_that_ends_gives_its_place_free_and_counts_as_nothing()
    {
        using var authorizer = Create();
        using var ended = new CancellationTokenSource();
        var asked = Enumerable.Range(0, 4).Select(i => authorizer.AuthorizeAsync(Request($"device-{i}"), ended.Token).AsTask()).ToList();
        await ended.CancelAsync();
        foreach (var one in asked) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
        _asked.Clear();
        Assert.Equal((0, 0), (authorizer.Waiting, Count("failed_closed")));
        _ = AskAsync(authorizer, "a");
        _ = AskAsync(authorizer, "b");
        Assert.Equal(2, _asked.Count);
        Assert.Equal(0, authorizer.Waiting);
    }

    [Fact]
    public void The_cache_is_bounded()
    {
        var cache = new AuthorizationCache(TimeSpan.FromMinutes(1), 100, _time);
        for (var i = 0; i < 1_000; i++)
        {
            cache.Add(Request($"device-{i}"), new AuthorizationAnswer(true, null));
            Assert.InRange(cache.Count, 1, 100);
            Assert.True(cache.TryFind(Request($"device-{i}"), out _));
        }
    }

    private static ClientAuthorizationRequest Request(string clientId, string keyId = "k1") => new(clientId, "instance", new IPEndPoint(IPAddress.Loopback, 1), keyId, null);

    private static Task<ClientAuthorization> AskAsync(HttpClientAuthorizer authorizer, string clientId, string keyId = "k1") =>
        authorizer.AuthorizeAsync(Request(clientId, keyId), CancellationToken.None).AsTask();

    private HttpClientAuthorizer Create() => new(_options, Ask, new AuthorizationMetrics(_meters), _time, _logger);

    private TaskCompletionSource<AuthorizationAnswer> Next() => _asked.TryDequeue(out var question) ? question : throw new InvalidOperationException("Nothing was asked.");

    private double Count(string result) => _metrics.Read("heartbeatgateway.authorizations", ("result", result));

    private Task<AuthorizationAnswer> Ask(ClientAuthorizationRequest request, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _count);
        var answer = new TaskCompletionSource<AuthorizationAnswer>();
        _asked.Enqueue(answer);
        return answer.Task.WaitAsync(cancellationToken);
    }
}
