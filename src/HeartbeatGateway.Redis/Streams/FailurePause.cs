namespace HeartbeatGateway.Redis.Streams;

/// <summary>The pause between two steps of a loop: it doubles with each step that fails, and is the shortest again after one that succeeds. One user at a time.</summary>
internal sealed class FailurePause
{
    private readonly TimeSpan _shortest;
    private readonly TimeSpan _longest;

    /// <param name="shortest">The pause while steps succeed.</param>
    /// <param name="longest">The longest pause.</param>
    public FailurePause(TimeSpan shortest, TimeSpan longest)
    {
        (_shortest, _longest) = (shortest, longest);
        Length = shortest;
    }

    /// <summary>The length of the next pause.</summary>
    public TimeSpan Length { get; private set; }

    public void Succeeded() => Length = _shortest;

    public void Failed() => Length = Length * 2 < _longest ? Length * 2 : _longest;
}
