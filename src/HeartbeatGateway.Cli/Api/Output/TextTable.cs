using System.Text;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Api.Output;

/// <summary>A column of a table.</summary>
/// <param name="Name">Its header.</param>
/// <param name="Cell">The text of a row. Control characters in it are escaped.</param>
/// <param name="Rank">On a narrow terminal, columns with the highest rank are left out first; those of rank 0 stay.</param>
/// <param name="IsRight">True for numbers.</param>
/// <param name="IsOptional">Left out when the gateway gives it for none of the first rows.</param>
internal sealed record TextColumn<T>(string Name, Func<T, string> Cell, int Rank = 0, bool IsRight = false, bool IsOptional = false);

/// <summary>Writes rows in columns that fit a terminal. Rows can come in several parts: the widths are those of the first part.</summary>
/// <param name="columns">The columns.</param>
/// <param name="width">The width of the terminal; null for no bound.</param>
internal sealed class TextTable<T>(IReadOnlyList<TextColumn<T>> columns, int? width)
{
    private const int MaxCellChars = 128;
    private const int Gap = 2;

    private (TextColumn<T> Column, int Width)[]? _layout;

    /// <summary>The lines of these rows; the first call begins with the header.</summary>
    public IEnumerable<string> Lines(IReadOnlyList<T> rows)
    {
        var isFirst = _layout is null;
        _layout ??= Layout(rows);
        if (isFirst) yield return Line(_layout.Select(c => c.Column.Name));
        foreach (var row in rows) yield return Line(_layout.Select(c => Text(c.Column, row)));
    }

    private static string Text(TextColumn<T> column, T row) => Printable.From(column.Cell(row), MaxCellChars);

    private (TextColumn<T> Column, int Width)[] Layout(IReadOnlyList<T> rows)
    {
        var all = columns.Where(c => !c.IsOptional || rows.Any(r => c.Cell(r) != Facts.None)).Select(c => (Column: c, Width: rows.Select(r => Text(c, r).Length).Append(c.Name.Length).Max())).ToList();
        while (width is { } limit && all.Sum(c => c.Width + Gap) - Gap > limit)
        {
            var widest = all.MaxBy(c => c.Column.Rank);
            if (widest.Column.Rank > 0) all.Remove(widest);
            else return Cut([.. all], limit);
        }

        return [.. all];
    }

    /// <summary>Narrows the widest column, when nothing more may be left out.</summary>
    private static (TextColumn<T> Column, int Width)[] Cut((TextColumn<T> Column, int Width)[] all, int limit)
    {
        var excess = all.Sum(c => c.Width + Gap) - Gap - limit;
        var widest = Array.FindIndex(all, c => c.Width == all.Max(x => x.Width));
        all[widest].Width = Math.Max(all[widest].Column.Name.Length, all[widest].Width - excess);
        return all;
    }

    private string Line(IEnumerable<string> cells)
    {
        var line = new StringBuilder();
        foreach (var (cell, (column, cellWidth)) in cells.Zip(_layout!))
        {
            // Without a terminal nothing is cut: a later row may be wider than the first ones.
            var text = width is null || cell.Length <= cellWidth ? cell : $"{cell[..Math.Max(0, cellWidth - 1)]}…";
            if (line.Length > 0) line.Append(' ', Gap);
            line.Append(column.IsRight ? text.PadLeft(cellWidth) : text.PadRight(cellWidth));
        }

        return line.ToString().TrimEnd();
    }
}
