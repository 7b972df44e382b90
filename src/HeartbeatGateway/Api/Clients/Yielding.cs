namespace HeartbeatGateway.Api.Clients;

/// <summary>
/// Work over many items that offers the processor to other threads every some ten microseconds. A thread that answers a heartbeat otherwise waits for the
/// end of this thread's time slice, which is milliseconds, when every core is in use. A lower priority would not do: the garbage collector waits for every
/// thread to stop, also for one that gets no processor time.
/// </summary>
internal static class Yielding
{
    /// <summary>The items, with an offer after every so many.</summary>
    /// <param name="items">The items.</param>
    /// <param name="every">How many items take some ten microseconds.</param>
    public static IEnumerable<T> Over<T>(IEnumerable<T> items, int every)
    {
        var count = 0;
        foreach (var item in items)
        {
            if (++count % every == 0) Thread.Yield();
            yield return item;
        }
    }
}
