namespace HeartbeatGateway.Client.Tests.Support;

/// <summary>Waits for things that happen on other threads; real time, and only so long.</summary>
internal static class Wait
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>For conditions that nobody signals.</summary>
    public static async Task UntilAsync(Func<bool> condition, string what)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Limit, $"It did not happen within {Limit}: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }
    }

    /// <summary>Lets the thread pool come to what was queued before, however busy the machine is.</summary>
    public static async Task SettleAsync()
    {
        for (var i = 0; i < 5; i++)
        {
            var reached = new TaskCompletionSource();
            ThreadPool.UnsafeQueueUserWorkItem(static state => state.SetResult(), reached, preferLocal: false);
            await reached.Task;
        }
    }
}
