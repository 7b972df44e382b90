namespace HeartbeatGateway.Client.Reconnecting;

/// <summary>The state that is kept between attempts.</summary>
/// <param name="Retries">Retries since the last stable connection: the exponent of the backoff.</param>
/// <param name="SetByGateway">The delay of the last retry was set by the gateway, not by the backoff.</param>
internal readonly record struct RetryState(int Retries, bool SetByGateway);
