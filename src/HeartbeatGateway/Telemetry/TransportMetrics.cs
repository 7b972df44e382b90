using System.Diagnostics.Metrics;
using System.Globalization;
using HeartbeatGateway.Epoll;
using HeartbeatGateway.Transport;

namespace HeartbeatGateway.Telemetry;

/// <summary>What the service tells of the event loops of the transport on epoll. Without that transport the series do not exist.</summary>
internal sealed class TransportMetrics
{
    public TransportMetrics(IMeterFactory meterFactory, GatewayTransportFactory transport)
    {
        if (transport.Epoll is not { } epoll) return;
        var meter = meterFactory.Create(ServiceMetrics.MeterName);
        meter.CreateObservableGauge(
            "heartbeatgateway.transport.loop.busy",
            () => Read(epoll, state => state.Busy.TotalSeconds),
            "s",
            "How long the event loop has been in one connection without going on; 0 below 250 ms.");
        meter.CreateObservableGauge("heartbeatgateway.transport.loop.connections", () => Read(epoll, state => (long)state.Connections), null, "Connections of the event loop.");
    }

    private static IEnumerable<Measurement<T>> Read<T>(EpollTransport epoll, Func<EpollLoopState, T> read)
        where T : struct =>
        epoll.ReadLoopStates().Select(s => new Measurement<T>(read(s), new KeyValuePair<string, object?>("loop", s.Loop.ToString(CultureInfo.InvariantCulture))));
}
