using System.Globalization;
using HeartbeatGateway.Cli.Terminals;
using HeartbeatGateway.Client;

namespace HeartbeatGateway.Cli.Connect;

/// <summary>Writes one line per event, with the time of day.</summary>
internal sealed class LineConnectView(CliEnvironment environment) : IConnectView
{
    private readonly Lock _lock = new();

    public void State(GatewayClientState state) => Write(EventText.Of(state));

    public void Heartbeat(TimeSpan rtt) => Write(EventText.Heartbeat(rtt));

    public void Received(GatewayClientMessage message) => Write(EventText.Received(message));

    public void Sent(string type, int bytes) => Write(EventText.Sent(type, bytes));

    public void Acknowledged(string type, int bytes, long number, TimeSpan after) => Write(EventText.Acknowledged(type, bytes, number, after));

    public void Dropped(MessageDropReason reason, long count) => Write(EventText.Dropped(reason, count));

    public void Note(string text) => Write(text);

    public void End(ConnectSummary summary) => Write(EventText.End(summary));

    private void Write(string text)
    {
        var line = $"{environment.Time.GetLocalNow().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture)} {text}";
        lock (_lock) environment.Out.WriteLine(line);
    }
}
