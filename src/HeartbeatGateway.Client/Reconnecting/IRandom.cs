namespace HeartbeatGateway.Client.Reconnecting;

/// <summary>Chance, for tests to hold.</summary>
internal interface IRandom
{
    /// <summary>From 0 (inclusive) to 1 (exclusive).</summary>
    double Next();

    void Shuffle<T>(List<T> items);
}
