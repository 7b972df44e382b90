using System.Net;
using HeartbeatGateway.Api;
using HeartbeatGateway.Api.Messages;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Delivery;
using HeartbeatGateway.Testing;
using Microsoft.AspNetCore.Http;

namespace HeartbeatGateway.Tests.Api;

/// <summary>Requests that wait for results: how many, and for how long.</summary>
public sealed class DeliveryWaitsTests
{
    private readonly TestClock _time = new();

    [Fact]
    public async Task Requests_above_the_bound_are_refused_before_anything_is_done_and_a_place_is_free_again()
    {
        var waits = new DeliveryWaits(_time);
        var release = new TaskCompletionSource();
        var waiting = Enumerable.Range(0, DeliveryWaits.Max).Select(_ => waits.RunAsync(TimeSpan.FromSeconds(1), WaitAsync)).ToList();
        var refused = await Assert.ThrowsAsync<ApiProblemException>(() => waits.RunAsync(TimeSpan.FromSeconds(1), () => throw new InvalidOperationException("It must not run.")));
        Assert.Equal((int)HttpStatusCode.ServiceUnavailable, refused.Result.StatusCode);
        // Without waiting no place is needed.
        await waits.RunAsync(TimeSpan.Zero, () => Task.FromResult(Results.Empty));
        release.SetResult();
        await Task.WhenAll(waiting);
        Assert.Equal(0, waits.Count);
        await waits.RunAsync(TimeSpan.FromSeconds(1), WaitAsync);

        async Task<IResult> WaitAsync()
        {
            await release.Task;
            return Results.Empty;
        }
    }

    [Fact]
    public async Task The_time_is_that_of_all_results_together()
    {
        var waits = new DeliveryWaits(_time);
        var ids = new DeliveryIds();
        var deliveries = Enumerable.Range(0, 3).Select(i => new MessageDelivery(ids, $"pump-{i}", isNumbered: true)).ToList();
        var waiting = waits.WaitAsync(deliveries, TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        _time.Advance(TimeSpan.FromSeconds(4));
        deliveries[0].Settle(DeliveryResult.Delivered);
        Assert.False(waiting.IsCompleted);
        // The second one is waited for until the time is up, the third one no longer.
        while (!waiting.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        await waiting;
        Assert.Equal([true, false, false], deliveries.Select(d => d.IsSettled));
        await waits.WaitAsync(deliveries, TimeSpan.Zero, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task It_ends_with_the_last_result()
    {
        var waits = new DeliveryWaits(_time);
        var ids = new DeliveryIds();
        var deliveries = Enumerable.Range(0, 3).Select(i => new MessageDelivery(ids, $"pump-{i}", isNumbered: true)).ToList();
        var waiting = waits.WaitAsync(deliveries, TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        foreach (var delivery in deliveries.AsEnumerable().Reverse()) delivery.Settle(DeliveryResult.Expired);
        await waiting;
    }
}
