namespace HeartbeatGateway.Server.Options;

/// <summary>What traces contain. They are made only while a listener, such as the OpenTelemetry SDK, asks for the source <c>HeartbeatGateway</c>.</summary>
public sealed class TelemetryOptions
{
    /// <summary>
    /// The share of connections whose life is recorded as a span, from 0 (none) to 1 (all); decided at random when a connection is opened. Default 0.01: a
    /// sample that a large fleet can afford. It applies to connections opened from then on.
    /// </summary>
    [Displayable]
    public double ConnectionSpanRatio { get; set; } = 0.01;
}
