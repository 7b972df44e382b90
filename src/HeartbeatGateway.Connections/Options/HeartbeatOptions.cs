namespace HeartbeatGateway.Connections.Options;

/// <summary>How long a connection may be silent. Each limit is off at 0; durations are written <c>hh:mm:ss</c>.</summary>
public sealed class HeartbeatOptions
{
    /// <summary>Closes a connection from which no byte was read for so long. Default 7 s: the article's, a ping every 5 s and 2 s of grace.</summary>
    public TimeSpan ReaderIdle { get; set; } = TimeSpan.FromSeconds(7);

    /// <summary>Sends a <c>ping</c> when nothing was written for so long. Default 0: answers are enough for clients that ping.</summary>
    public TimeSpan WriterIdle { get; set; }

    /// <summary>Closes a connection on which nothing was read or written for so long. Default 0: the reader limit is the stricter one.</summary>
    public TimeSpan AllIdle { get; set; }
}
