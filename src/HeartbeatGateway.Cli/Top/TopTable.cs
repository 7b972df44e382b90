using System.Globalization;
using HeartbeatGateway.Cli.Options;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace HeartbeatGateway.Cli.Top;

/// <summary>Formats a snapshot as a table.</summary>
internal static class TopTable
{
    private const int MaxReasons = 6;

    public static IRenderable Of(TopSnapshot s, Uri address, string? failure, int? width)
    {
        var table = new Table { Border = TableBorder.Rounded, ShowHeaders = true };
        var uptime = Duration.Describe(TimeSpan.FromSeconds(Math.Max(0, s.UptimeSeconds)));
        table.Title = new TableTitle(Markup.Escape($"{address.Authority}  {s.Version?.Split('+')[0]}  up {uptime}{(s.Draining ? "  DRAINING" : "")}"));
        table.AddColumn("");
        table.AddColumn(new TableColumn("now").RightAligned());
        table.AddColumn(new TableColumn("per second").RightAligned());
        table.AddColumn(new TableColumn("since start").RightAligned());
        table.AddRow("connected clients", $"[bold]{Numbers.Short(s.Connected)}[/]", "", "");
        table.AddRow("handshaking", Numbers.Short(s.Handshaking), "", "");
        Add("heartbeats", c => c.Heartbeats);
        Add("frames in", c => c.FramesIn);
        Add("frames out", c => c.FramesOut);
        Add("bytes in", c => c.BytesIn, Numbers.Bytes);
        Add("bytes out", c => c.BytesOut, Numbers.Bytes);
        Add("messages", c => c.Messages);
        Add("opened", c => c.Opened);
        Add("closed", c => c.Closed);
        Add("reconnects", c => c.Reconnects);
        Add("timeouts", c => c.Timeouts, isBad: true);
        Add("rejected", c => c.Rejected, isBad: true);
        Add("token failures", c => c.TokenFailures, isBad: true);
        Add("frames dropped", c => c.Dropped, isBad: true);
        table.AddRow("outbound pending", Numbers.Bytes(s.OutboundPendingBytes), "", "");
        var processors = s.Processors?.ToString("0.00", CultureInfo.InvariantCulture) ?? "";
        table.AddRow("processors, memory", Numbers.Bytes(s.WorkingSetMegabytes * 1024 * 1024), processors, "");
        if (s.Totals.StallSeconds > 0) table.AddRow("[yellow]stalled[/]", "", "", $"{s.Totals.StallSeconds.ToString("0.#", CultureInfo.InvariantCulture)} s");
        var reasons = string.Join("  ", s.Closed.Take(MaxReasons).Select(r => $"{r.Key} {Numbers.Short(r.Value)}"));
        var lines = new List<IRenderable> { table };
        if (reasons.Length > 0) lines.Add(new Text($"close reasons: {reasons}"));
        if (failure is not null) lines.Add(new Text(failure, new Style(Color.Red)));
        lines.Add(new Text("q or Ctrl+C to quit", new Style(decoration: Decoration.Dim)));
        // Last, because a terminal with few lines cuts the end.
        if (s.Clients is not null) lines.AddRange(TopClientsText.Lines(s.Clients, width).Select(line => new Text(line) { Overflow = Overflow.Crop }));
        return new Rows(lines);

        void Add(string name, Func<TopCounts, double> of, Func<double, string>? format = null, bool isBad = false)
        {
            format ??= Numbers.Short;
            var rate = s.Rates is null ? "" : format(of(s.Rates));
            var mark = isBad && s.Rates is not null && of(s.Rates) > 0;
            table.AddRow(mark ? $"[red]{name}[/]" : name, "", mark ? $"[red]{rate}[/]" : rate, format(of(s.Totals)));
        }
    }
}
