using HeartbeatGateway.Server.Delivery;

namespace HeartbeatGateway.Api.Messages;

/// <summary>Requests that wait for the results of messages, of which there is a bounded number. A caller that leaves leaves nothing behind.</summary>
internal sealed class DeliveryWaits(TimeProvider timeProvider)
{
    /// <summary>The most requests that wait at a time. A connection of HTTP/2 can carry many.</summary>
    public const int Max = 256;

    private int _waiting;

    /// <summary>Requests that wait.</summary>
    public int Count => Volatile.Read(ref _waiting);

    /// <summary>Does something with a place for the time that it waits.</summary>
    /// <param name="wait">The time; without one no place is needed.</param>
    /// <param name="run">Does it.</param>
    /// <exception cref="ApiProblemException">Too many wait already; nothing was done.</exception>
    public async Task<IResult> RunAsync(TimeSpan wait, Func<Task<IResult>> run)
    {
        if (wait == TimeSpan.Zero) return await run();
        try
        {
            if (Interlocked.Increment(ref _waiting) > Max)
            {
                throw new ApiProblemException(ApiProblem.Create(StatusCodes.Status503ServiceUnavailable, "too_many_waiting", $"{Max} requests wait for the results of messages already, so nothing was sent; try again later, or without 'wait'."));
            }

            return await run();
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>Waits until all have a final result, at most for a time.</summary>
    public async Task WaitAsync(IReadOnlyList<MessageDelivery> deliveries, TimeSpan wait, CancellationToken cancellationToken)
    {
        if (wait == TimeSpan.Zero) return;
        var began = timeProvider.GetTimestamp();
        // One after the other: a task for all of them would stay registered at each after the time.
        foreach (var delivery in deliveries)
        {
            var left = wait - timeProvider.GetElapsedTime(began);
            if (left <= TimeSpan.Zero) return;
            try
            {
                await delivery.Settled.WaitAsync(left, timeProvider, cancellationToken);
            }
            catch (TimeoutException)
            {
                return;
            }
        }
    }
}
