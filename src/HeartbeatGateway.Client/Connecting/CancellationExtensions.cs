namespace HeartbeatGateway.Client.Connecting;

/// <summary>Cancellation by a clock that a test can move.</summary>
internal static class CancellationExtensions
{
    /// <summary>Cancels after a time. The timer ends with the source's use: it holds nothing but the source.</summary>
    public static void CancelAfter(this CancellationTokenSource source, TimeProvider timeProvider, TimeSpan delay)
    {
        var timer = timeProvider.CreateTimer(static state => ((CancellationTokenSource)state!).Cancel(), source, delay, Timeout.InfiniteTimeSpan);
        source.Token.UnsafeRegister(static state => ((ITimer)state!).Dispose(), timer);
    }
}
