namespace HeartbeatGateway.Server.Messages;

/// <summary>
/// Tells whether log lines were written. A program registers one for its loggers, so that the sink <c>log</c> acknowledges a message only when its line is written.
/// Without one, a line counts as written when the logger has taken it.
/// </summary>
public interface ILogLines
{
    /// <summary>Follows the line that a call logs on the calling thread.</summary>
    /// <param name="log">Logs one line, and returns when the logger has taken it.</param>
    /// <param name="written">
    /// Called once, on any thread: true when the line was written, or when its level is not logged, so that none is due; false when it was lost. Must not block.
    /// </param>
    void Follow(Action log, Action<bool> written);
}
