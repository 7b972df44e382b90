using System.Text;

namespace HeartbeatGateway.Million.Measuring;

/// <summary>Receives the service's log instead of standard output, and counts warnings and errors.</summary>
internal sealed class LogLines : WriteOnlyStream
{
    private const string NameStart = "\"Name\":\"";

    private readonly Lock _lock = new();
    private readonly List<byte> _line = [];
    private readonly SortedDictionary<string, int> _warnings = new(StringComparer.Ordinal);

    public int Errors { get; private set; }

    /// <summary>The first line at level Error or Fatal; null while there is none.</summary>
    public string? FirstError { get; private set; }

    /// <summary>The number of warnings by event name.</summary>
    public IReadOnlyDictionary<string, int> Warnings
    {
        get { lock (_lock) return new SortedDictionary<string, int>(_warnings, StringComparer.Ordinal); }
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        lock (_lock)
        {
            foreach (var b in buffer)
            {
                if (b == '\n') Take();
                else _line.Add(b);
            }
        }
    }

    public override void Flush()
    {
    }

    /// <summary>Counts one line. In the service's format a line without a level is at level Information.</summary>
    private void Take()
    {
        var line = Encoding.UTF8.GetString([.. _line]);
        _line.Clear();
        if (line.Contains("\"@l\":\"Error\"", StringComparison.Ordinal) || line.Contains("\"@l\":\"Fatal\"", StringComparison.Ordinal))
        {
            Errors++;
            FirstError ??= line;
        }
        else if (line.Contains("\"@l\":\"Warning\"", StringComparison.Ordinal))
        {
            var start = line.IndexOf(NameStart, StringComparison.Ordinal) + NameStart.Length;
            var name = start < NameStart.Length ? line : line[start..line.IndexOf('"', start)];
            _warnings[name] = _warnings.GetValueOrDefault(name) + 1;
        }
    }
}
