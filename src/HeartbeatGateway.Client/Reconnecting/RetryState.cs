namespace HeartbeatGateway.Client.Reconnecting;

/// <summary>What is remembered between attempts.</summary>
/// <param name="Retries">Retries since the last stable connection: the exponent of the backoff.</param>
/// <param name="Told">The last retry's time was told by the gateway, not by the backoff.</param>
internal readonly record struct RetryState(int Retries, bool Told);
