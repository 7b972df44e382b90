using System.Text;
using HeartbeatGateway.Telemetry;

namespace HeartbeatGateway.Million.Measuring;

/// <summary>Takes the service's log in place of standard output: counts what tells of trouble.</summary>
internal sealed class LogLines : WriteOnlyStream
{
    private const string NameStart = "\"Name\":\"";

    private readonly Lock _lock = new();
    private readonly List<byte> _line = [];
    private readonly SortedDictionary<string, int> _warnings = new(StringComparer.Ordinal);

    public int Errors { get; private set; }

    /// <summary>The first error; null while there is none.</summary>
    public string? FirstError { get; private set; }

    /// <summary>Warnings by the name of their event.</summary>
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

    /// <summary>In the service's format a line without a level is information.</summary>
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
