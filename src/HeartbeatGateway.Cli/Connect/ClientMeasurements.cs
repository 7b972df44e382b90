using System.Diagnostics.Metrics;

namespace HeartbeatGateway.Cli.Connect;

/// <summary>
/// Observes one client through the meter of the client library. Its counters say what the events do not: how many messages were written
/// to the network. The library records them in the order of the connection's events.
/// </summary>
internal sealed class ClientMeasurements : IMeterFactory
{
    private const string Sent = "heartbeatgateway.client.messages.sent";
    private const string RoundTrip = "heartbeatgateway.client.heartbeat.rtt";
    private const string Disconnects = "heartbeatgateway.client.disconnects";

    private readonly MeterListener _listener = new();
    private readonly Delivery _delivery;
    private Meter? _meter;

    public ClientMeasurements(Delivery delivery)
    {
        _delivery = delivery;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == _meter && instrument.Name is (Sent or RoundTrip or Disconnects)) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>(OnCount);
        _listener.SetMeasurementEventCallback<double>(OnTime);
        _listener.Start();
    }

    public Meter Create(MeterOptions options) => _meter = new Meter(options);

    public void Dispose()
    {
        _listener.Dispose();
        _meter?.Dispose();
    }

    private void OnCount(Instrument instrument, long count, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        if (instrument.Name == Sent) _delivery.Written(count);
        else if (!IsOwnEnd(tags)) _delivery.ConnectionLost();
    }

    private void OnTime(Instrument instrument, double seconds, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state) =>
        _delivery.HeartbeatAnswered(TimeSpan.FromSeconds(seconds));

    private static bool IsOwnEnd(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var (name, value) in tags)
        {
            if (name == "kind") return value is "disposed";
        }

        return false;
    }
}
