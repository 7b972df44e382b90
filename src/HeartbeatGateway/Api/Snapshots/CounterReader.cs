using System.Diagnostics.Metrics;
using HeartbeatGateway.Telemetry;

namespace HeartbeatGateway.Api.Snapshots;

/// <summary>Reads the engine's counters and its gauge <c>draining</c>: those that snapshots need and no other, of this host only. Not thread-safe.</summary>
internal sealed class CounterReader : IDisposable
{
    private static readonly string[] Names =
        ["connections.opened", "connections.closed", "connections.rejected", "timeouts", "reconnects", "heartbeats", "stalls", "stall", "draining"];

    private readonly MeterListener _listener = new();
    private CounterReading _reading = new();

    public CounterReader(IMeterFactory meterFactory)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name != ServiceMetrics.MeterName || !ReferenceEquals(instrument.Meter.Scope, meterFactory)) return;
            var name = instrument.Name[(instrument.Name.IndexOf('.', StringComparison.Ordinal) + 1)..];
            if (Names.Contains(name)) listener.EnableMeasurementEvents(instrument, name);
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, name) => _reading.Add((string)name!, value, tags));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, name) => _reading.Add((string)name!, value, tags));
        _listener.Start();
    }

    /// <summary>Reads all counters.</summary>
    public CounterReading Read()
    {
        _reading = new CounterReading();
        _listener.RecordObservableInstruments();
        return _reading;
    }

    public void Dispose() => _listener.Dispose();
}
