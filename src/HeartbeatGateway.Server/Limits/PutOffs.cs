namespace HeartbeatGateway.Server.Limits;

/// <summary>
/// How many visits in a row a due deadline was put off because bytes wait that the read loop has not read yet. Visits between which the reading thread has
/// not got round to anything new count once, because then the bytes wait for this process.
/// </summary>
internal struct PutOffs
{
    private byte _round;

    public byte Count { get; private set; }

    /// <param name="round">What the reading thread is busy with (<see cref="Transports.ITransportInfoFeature.ReadRound"/>).</param>
    public void Add(int? round)
    {
        if (Count > 0 && round is { } busy && unchecked((byte)busy) == _round) return;
        _round = unchecked((byte)(round ?? 0));
        Count++;
    }

    public void Clear() => Count = 0;
}
