using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Soak;

/// <summary>The figures of the gateway at one moment of a soak test.</summary>
internal sealed record SoakSample(
    double Seconds, double ResidentMiB, int Descriptors, double Connected, double Opened, double ReaderIdle, double Stalls, double PingP99, double PingMax)
{
    public const string Header = "seconds,resident_mib,descriptors,connected,opened,reader_idle,stalls,ping_p99_ms,ping_max_ms";

    public static async Task<SoakSample> TakeAsync(WatchedGateway gateway, double seconds, int answersBefore)
    {
        var page = await gateway.Process.ScrapeAsync();
        double[] answers = [.. gateway.Canary.Answers.Skip(answersBefore).Select(a => a.TotalMilliseconds).Order()];
        return new SoakSample(
            seconds, gateway.ResidentBytes / 1048576.0, gateway.CountDescriptors(),
            GatewayProcess.Metric(page, "heartbeatgateway_connected_clients"), GatewayProcess.Metric(page, "heartbeatgateway_connections_opened_total"),
            GatewayProcess.Metric(page, """heartbeatgateway_timeouts_total{kind="reader_idle"}"""), GatewayProcess.Metric(page, "heartbeatgateway_stalls_total"),
            answers.Length == 0 ? 0 : answers[(answers.Length - 1) * 99 / 100], answers.LastOrDefault());
    }

    /// <summary>The slope of resident memory over time by least squares, in MiB per hour.</summary>
    public static double Slope(IReadOnlyList<SoakSample> samples)
    {
        var (time, memory) = (samples.Average(s => s.Seconds), samples.Average(s => s.ResidentMiB));
        var spread = samples.Sum(s => Math.Pow(s.Seconds - time, 2));
        return spread.Equals(0.0) ? 0 : samples.Sum(s => (s.Seconds - time) * (s.ResidentMiB - memory)) / spread * 3600;
    }

    public override string ToString() =>
        FormattableString.Invariant($"{Seconds:0},{ResidentMiB:0.0},{Descriptors},{Connected},{Opened},{ReaderIdle},{Stalls},{PingP99:0.00},{PingMax:0.00}");
}
