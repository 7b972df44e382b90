namespace HeartbeatGateway.Server.Telemetry;

/// <summary>One counter metric with a closed set of label values, each of which is there at 0 from the start.</summary>
/// <param name="Name">Instrument name, as OpenTelemetry exports it.</param>
/// <param name="Unit">UCUM unit, null for plain counts.</param>
/// <param name="Description">What it counts.</param>
/// <param name="Series">The label sets, in the order of their offsets.</param>
/// <param name="First">The first counter's index in the table.</param>
/// <param name="Scale">What a counted unit is worth in <paramref name="Unit"/>.</param>
internal sealed record CounterFamily(
    string Name, string? Unit, string Description, KeyValuePair<string, object?>[][] Series, int First, double Scale);
