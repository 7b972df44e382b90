namespace HeartbeatGateway.Client.Acknowledgements;

/// <summary>
/// The number through which numbered messages of the gateway were received, across all connections. Written by the read loop of the connection in
/// progress.
/// </summary>
internal sealed class PushNumbers
{
    private string? _numbering;
    private long _duplicates;

    /// <summary>The number of the last message that was received; 0 for none.</summary>
    public long Received { get; private set; }

    /// <summary>Messages that had arrived before.</summary>
    public long Duplicates => Volatile.Read(ref _duplicates);

    /// <summary>A connection begins. Another numbering than before begins again at 1.</summary>
    public void Begin(string numbering)
    {
        if (numbering == _numbering) return;
        _numbering = numbering;
        Received = 0;
    }

    /// <summary>True when a message with this number arrived before; it is counted.</summary>
    public bool IsDuplicate(long number)
    {
        if (number > Received) return false;
        Volatile.Write(ref _duplicates, _duplicates + 1);
        return true;
    }

    /// <summary>A message is in the inbox. Numbers may be left out: the gateway does not send what has expired.</summary>
    public void Take(long number) => Received = number;
}
