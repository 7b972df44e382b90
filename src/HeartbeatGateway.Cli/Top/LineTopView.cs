using System.Globalization;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Top;

/// <summary>Writes one line of columns per scrape, for files and pipes, with a header every 20 lines.</summary>
internal sealed class LineTopView(CliEnvironment environment) : ITopView
{
    private const int LinesBetweenHeaders = 20;

    private static readonly (string Name, int Width)[] Columns =
    [
        ("time", 8), ("clients", 8), ("hands", 6), ("pings/s", 8), ("in/s", 7), ("out/s", 7), ("bytesin/s", 10), ("bytesout/s", 10),
        ("open/s", 7), ("close/s", 7), ("recon/s", 7), ("tmout/s", 7), ("badtok/s", 8), ("cpu", 5), ("mem", 10),
    ];

    private int _lines;
    private string? _refusal;

    public async Task ShowAsync(TopSnapshot s)
    {
        if (_lines++ % LinesBetweenHeaders == 0) await WriteAsync(Columns.Select(c => c.Name));
        var r = s.Rates;
        string Rate(Func<TopCounts, double> of) => r is null ? "-" : Numbers.Short(of(r));
        await WriteAsync(
        [
            s.Time.ToString("HH:mm:ss", CultureInfo.InvariantCulture), Numbers.Short(s.Connected), Numbers.Short(s.Handshaking),
            Rate(c => c.Heartbeats), Rate(c => c.FramesIn), Rate(c => c.FramesOut), Rate(c => c.BytesIn), Rate(c => c.BytesOut),
            Rate(c => c.Opened), Rate(c => c.Closed), Rate(c => c.Reconnects), Rate(c => c.Timeouts), Rate(c => c.TokenFailures),
            s.Processors?.ToString("0.00", CultureInfo.InvariantCulture) ?? "-", Numbers.Bytes(s.WorkingSetMegabytes * 1024 * 1024),
        ]);
        if (s.Clients is { Refusal: { } refusal })
        {
            if (refusal != _refusal) await environment.WarnAsync(refusal);
            _refusal = refusal;
        }
        else if (s.Clients is not null)
        {
            foreach (var line in TopClientsText.Lines(s.Clients, environment.OutputWidth())) await environment.Out.WriteLineAsync(line);
        }

        if (s.Restarted) await environment.WarnAsync("another process answered: the gateway was restarted, or there are several gateways at this address.");
        if (s.Draining) await environment.WarnAsync("the gateway is draining: it closes its connections.");
    }

    public Task ShowFailureAsync(string message) => environment.WarnAsync(message);

    private Task WriteAsync(IEnumerable<string> cells) =>
        environment.Out.WriteLineAsync(string.Join(' ', cells.Zip(Columns, (cell, column) => cell.PadLeft(column.Width))));
}
