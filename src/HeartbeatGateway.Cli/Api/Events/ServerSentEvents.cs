using System.Buffers;
using System.Text;

namespace HeartbeatGateway.Cli.Api.Events;

/// <summary>One server-sent event, or a comment.</summary>
/// <param name="Name">The name; empty for a comment.</param>
/// <param name="Id">The id; null without one.</param>
/// <param name="Data">The data, or the text of the comment.</param>
internal sealed record ServerSentEvent(string Name, string? Id, string Data)
{
    public bool IsComment => Name.Length == 0;
}

/// <summary>
/// Reads server-sent events (WHATWG HTML, 9.2.6) with their comments, which the parser of .NET leaves out: the first comment of a gateway names the
/// event that the stream begins after, and later ones show that the connection lives.
/// </summary>
/// <param name="stream">The body of the answer.</param>
/// <param name="silence">The connection is dead after this time without a byte.</param>
/// <param name="time">The clock.</param>
internal sealed class ServerSentEvents(Stream stream, TimeSpan silence, TimeProvider time)
{
    /// <summary>An event of a gateway has a few hundred bytes.</summary>
    private const int MaxEventBytes = 256 * 1024;

    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly ArrayBufferWriter<byte> _line = new();
    private int _at;
    private int _end;

    /// <summary>The next event or comment; null at the end of the stream.</summary>
    /// <exception cref="IOException">The connection broke, is silent for too long, or an event is too long.</exception>
    public async Task<ServerSentEvent?> NextAsync(CancellationToken cancellation)
    {
        var (name, id, data) = ("message", (string?)null, (StringBuilder?)null);
        while (await LineAsync(cancellation) is { } line)
        {
            if (line.Length == 0)
            {
                if (data is not null) return new ServerSentEvent(name, id, data.ToString());
                (name, id) = ("message", null);
                continue;
            }

            if (line[0] == ':') return new ServerSentEvent("", null, line[1..].Trim());
            var (field, value) = line.Split(':', 2) is [var f, var v] ? (f, v.StartsWith(' ') ? v[1..] : v) : (line, "");
            if (field == "event") name = value;
            else if (field == "id") id = value;
            else if (field == "data") data = data is null ? new StringBuilder(value) : data.Append('\n').Append(value);
            if (data?.Length > MaxEventBytes) throw new IOException("An event is too long.");
        }

        // An event without its empty line is incomplete.
        return null;
    }

    private async Task<string?> LineAsync(CancellationToken cancellation)
    {
        _line.ResetWrittenCount();
        while (true)
        {
            if (_at == _end)
            {
                (_at, _end) = (0, await ReadAsync(cancellation));
                if (_end == 0) return null;
            }

            var end = Array.IndexOf(_buffer, (byte)'\n', _at, _end - _at);
            _line.Write(_buffer.AsSpan(_at, (end < 0 ? _end : end) - _at));
            if (_line.WrittenCount > MaxEventBytes) throw new IOException("An event is too long.");
            _at = end < 0 ? _end : end + 1;
            if (end >= 0) return Encoding.UTF8.GetString(_line.WrittenSpan).TrimEnd('\r');
        }
    }

    private async Task<int> ReadAsync(CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(silence, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        try
        {
            return await stream.ReadAsync(_buffer, linked.Token);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new IOException($"Nothing arrived for {Options.Duration.Describe(silence)}.", e);
        }
    }
}
