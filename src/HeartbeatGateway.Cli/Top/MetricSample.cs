namespace HeartbeatGateway.Cli.Top;

/// <summary>One line of a metrics page.</summary>
/// <param name="Name">The name of the series.</param>
/// <param name="Labels">The labels of the series.</param>
/// <param name="Value">The value of the sample.</param>
internal sealed record MetricSample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);
