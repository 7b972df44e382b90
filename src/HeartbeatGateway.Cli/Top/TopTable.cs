using System.Globalization;
using HeartbeatGateway.Cli.Options;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace HeartbeatGateway.Cli.Top;

/// <summary>A snapshot as a table for people.</summary>
internal static class TopTable
{
    private const int MostReasons = 6;

    public static IRenderable Of(TopSnapshot s, Uri address, string? failure)
    {
        var table = new Table { Border = TableBorder.Rounded, ShowHeaders = true };
        table.Title = new TableTitle(Markup.Escape($"{address.Authority}  {s.Version?.Split('+')[0]}  up {Duration.Describe(TimeSpan.FromSeconds(Math.Max(0, s.UptimeSeconds)))}{(s.Draining ? "  DRAINING" : "")}"));
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
        Add("came back", c => c.Reconnects);
        Add("timed out", c => c.Timeouts, isBad: true);
        Add("turned away", c => c.Rejected, isBad: true);
        Add("token failures", c => c.TokenFailures, isBad: true);
        Add("frames dropped", c => c.Dropped, isBad: true);
        table.AddRow("waiting to be sent", Numbers.Bytes(s.OutboundPendingBytes), "", "");
        table.AddRow("processors, memory", Numbers.Bytes(s.WorkingSetMegabytes * 1024 * 1024), s.Processors?.ToString("0.00", CultureInfo.InvariantCulture) ?? "", "");
        if (s.Totals.StallSeconds > 0) table.AddRow("[yellow]stood still[/]", "", "", $"{s.Totals.StallSeconds.ToString("0.#", CultureInfo.InvariantCulture)} s");
        var reasons = string.Join("  ", s.Closed.Take(MostReasons).Select(r => $"{r.Key} {Numbers.Short(r.Value)}"));
        var lines = new List<IRenderable> { table };
        if (reasons.Length > 0) lines.Add(new Text($"closed as: {reasons}"));
        if (failure is not null) lines.Add(new Text(failure, new Style(Color.Red)));
        lines.Add(new Text("q or Ctrl+C ends", new Style(decoration: Decoration.Dim)));
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
