namespace HeartbeatGateway.Server.Messages;

internal static class CompletedCall
{
    /// <summary>Reads the result of a call that has completed: only then does a pooled task return to its pool.</summary>
    public static void Release(ValueTask call)
    {
        if (call.IsCompletedSuccessfully) call.GetAwaiter().GetResult();
    }
}
