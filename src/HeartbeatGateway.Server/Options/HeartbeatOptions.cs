namespace HeartbeatGateway.Server.Options;

/// <summary>How long a connection may be silent. Each limit is off at 0; durations are written <c>hh:mm:ss</c>.</summary>
public sealed class HeartbeatOptions
{
    /// <summary>Closes a connection from which no byte was read for so long. Default 7 s: the article's, a ping every 5 s and 2 s of grace.</summary>
    public TimeSpan ReaderIdle { get; set; } = TimeSpan.FromSeconds(7);

    /// <summary>Sends a <c>ping</c> when nothing was written for so long. Default 0: answers are enough for clients that ping.</summary>
    public TimeSpan WriterIdle { get; set; }

    /// <summary>Closes a connection on which nothing was read or written for so long. Default 0: the reader limit is the stricter one.</summary>
    public TimeSpan AllIdle { get; set; }

    /// <summary>The shortest heartbeat interval that a client's hello is granted. Default 1 s: more often costs much and tells little more. Not 0.</summary>
    public TimeSpan MinInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest heartbeat interval that a client's hello is granted. Default 1 min: a dead client is found after one and a half of it. Not 0.</summary>
    public TimeSpan MaxInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The shortest limit of silence for a client that asked for an interval; else it is one and a half intervals. Default 3 s: TCP needs that long to send a lost packet again twice. Not 0.</summary>
    public TimeSpan MinTimeout { get; set; } = TimeSpan.FromSeconds(3);
}
