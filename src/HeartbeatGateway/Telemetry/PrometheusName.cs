using System.Diagnostics.Metrics;

namespace HeartbeatGateway.Telemetry;

/// <summary>Makes Prometheus names of instrument names: dots become underscores, the unit is spelled out, counters end in <c>_total</c>.</summary>
internal static class PrometheusName
{
    public static string Of(Instrument instrument, bool isCounter)
    {
        var unit = instrument.Unit switch
        {
            null or "" => "",
            "s" => "_seconds",
            "By" => "_bytes",
            _ => throw new NotSupportedException($"The unit '{instrument.Unit}' of {instrument.Name} has no Prometheus name."),
        };
        return instrument.Name.Replace('.', '_') + unit + (isCounter ? "_total" : "");
    }
}
