using System.Buffers;
using System.Globalization;
using HeartbeatGateway.Configuration;

namespace HeartbeatGateway.Webhook;

/// <summary>
/// Appends events that could not be delivered, one JSON line each, and flushes them to the disk. The file is opened for each group of events, so that it can be
/// moved away at any time. It is rotated at an eighth of the bound; at the bound nothing is written, since deleting old lines would lose events.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class DeadLetterFile(string path, TimeProvider timeProvider) : IDisposable
{
    private const int RotatedParts = 8;
    private const UnixFileMode NewFileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;

    /// <summary>By default a pattern that ends in <c>.*</c> matches the name before it too.</summary>
    private static readonly EnumerationOptions Exactly = new() { MatchType = MatchType.Simple };

    private readonly SemaphoreSlim _turn = new(1);

    public string FullPath { get; } = Path.GetFullPath(path);

    /// <summary>Appends events. When the task completes, they are on the disk.</summary>
    /// <exception cref="IOException">Nothing of them is in the file: the disk or the bound is full, or the file cannot be written.</exception>
    public async Task AppendAsync(IReadOnlyList<WebhookEvent> events, string cause, int maxBytes)
    {
        var lines = LinesOf(events, cause);
        await _turn.WaitAsync();
        try
        {
            // Synchronous, on one thread of the pool at most: a flush has no asynchronous form.
            Append(lines.WrittenSpan, maxBytes);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or NotSupportedException)
        {
            throw new IOException(e.Message, e);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    /// <summary>Why the file could not be written now, as a sentence; null when it could be.</summary>
    public static string? FindStartFault(WebhookOptions options)
    {
        if (!options.IsOn() || string.IsNullOrEmpty(options.DeadLetterFile)) return null;
        try
        {
            using var file = Open(Path.GetFullPath(options.DeadLetterFile));
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return $"Gateway:Webhook:DeadLetterFile '{options.DeadLetterFile}' cannot be written: {e.Message.TrimEnd('.')}. Give the gateway write access to its folder, or remove the setting.";
        }
    }

    private void Append(ReadOnlySpan<byte> lines, int maxBytes)
    {
        var live = new FileInfo(FullPath);
        var length = live.Exists ? live.Length : 0;
        var rotated = live.Directory!.EnumerateFiles($"{live.Name}.*", Exactly).Sum(f => f.Length);
        if (rotated + length + lines.Length > maxBytes)
        {
            throw new IOException($"it and its rotated files have {rotated + length} bytes, and Gateway:Webhook:MaxDeadLetterBytes is {maxBytes}: process the files and move them away");
        }

        if (length > 0 && length + lines.Length > maxBytes / RotatedParts) Rotate();
        using var file = Open(FullPath);
        var end = file.Length;
        try
        {
            file.Seek(0, SeekOrigin.End);
            if (EndsWithin(file, end)) file.Write("\n"u8);
            file.Write(lines);
            file.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            // A part of the lines would look like events that were kept.
            file.SetLength(end);
            throw;
        }
    }

    /// <summary>True when the last line is not complete: the process was killed while it wrote.</summary>
    private static bool EndsWithin(FileStream file, long length)
    {
        if (length == 0) return false;
        file.Seek(-1, SeekOrigin.End);
        return file.ReadByte() != '\n';
    }

    private void Rotate()
    {
        var number = timeProvider.GetUtcNow().ToUnixTimeMilliseconds();
        string target;
        do target = string.Create(CultureInfo.InvariantCulture, $"{FullPath}.{number++}");
        while (File.Exists(target));
        File.Move(FullPath, target);
    }

    private static FileStream Open(string path)
    {
        // Without a buffer: a buffer would be written again when the stream is disposed after a failure.
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.Read, BufferSize = 0 };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = NewFileMode;
        return new FileStream(path, options);
    }

    private ArrayBufferWriter<byte> LinesOf(IReadOnlyList<WebhookEvent> events, string cause)
    {
        var lines = new ArrayBufferWriter<byte>(1024);
        var head = System.Text.Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"time":"{{timeProvider.GetUtcNow():O}}","cause":"{{cause}}","event":"""));
        foreach (var e in events)
        {
            lines.Write(head);
            lines.Write(WebhookFormat.Encode(e.ToCloudEvent()).Span);
            lines.Write("}\n"u8);
        }

        return lines;
    }
}
