using System.Security.Cryptography;
using HeartbeatGateway.Server.Bans;

namespace HeartbeatGateway.Bans;

/// <summary>
/// The file that bans are kept in. Replaced as a whole, so that a reader, or a start after a power failure, sees the old list or the new one.
/// </summary>
/// <param name="path">The path of the file.</param>
internal sealed class BanFile(string path)
{
    /// <summary>The most bytes that are read: the largest list has less than half of it.</summary>
    public const int MaxBytes = 16 * 1024 * 1024;

    private const string Remedy = "Correct the file, or move it away to begin without bans.";
    private const UnixFileMode NewFileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;

    public string FullPath { get; } = Path.GetFullPath(path);

    private string Name => $"The file of bans {FullPath} (Gateway:Bans:File)";

    /// <summary>Reads the bans.</summary>
    /// <param name="now">When a ban was made of which the file does not say it.</param>
    /// <returns>Null when there is no such file.</returns>
    /// <exception cref="BanFileException">The file exists and cannot be used.</exception>
    public BanFileReading? Read(DateTimeOffset now)
    {
        if (ReadBytes() is not { } bytes) return null;
        try
        {
            return new BanFileReading(StampOf(bytes), BanFileFormat.Read(bytes, now));
        }
        catch (FormatException e)
        {
            throw new BanFileException($"{Name} cannot be used: {e.Message.TrimEnd('.')}. {Remedy}", e);
        }
    }

    /// <summary>Identifies the present content; null when there is no such file.</summary>
    /// <exception cref="BanFileException">The file exists and cannot be read.</exception>
    public string? Stamp() => ReadBytes() is { } bytes ? StampOf(bytes) : null;

    /// <summary>Replaces the file.</summary>
    /// <returns>The stamp of the new content.</returns>
    /// <exception cref="BanFileException">It cannot be written; the old one is as it was.</exception>
    public string Write(IEnumerable<Ban> bans)
    {
        var bytes = BanFileFormat.Write(bans);
        try
        {
            var target = TargetPath();
            var temporary = $"{target}.new";
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = File.Exists(target) ? File.GetUnixFileMode(target) : NewFileMode;
            using (var file = new FileStream(temporary, options))
            {
                file.Write(bytes);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, target, overwrite: true);
            return StampOf(bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotWritten(e);
        }
    }

    /// <summary>Why the file could not be written now; null when it could be. Leaves nothing behind.</summary>
    public BanFileException? FindWriteFault()
    {
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Options = FileOptions.DeleteOnClose };
            using var probe = new FileStream($"{TargetPath()}.new", options);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return NotWritten(e);
        }
    }

    private BanFileException NotWritten(Exception e) =>
        new($"{Name} cannot be written: {e.Message.TrimEnd('.')}. Give the gateway write access to its folder, and free space.", e);

    /// <summary>The file itself: a symbolic link stays one.</summary>
    private string TargetPath() =>
        new FileInfo(FullPath) is { LinkTarget: not null } link ? link.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? FullPath : FullPath;

    private static string StampOf(byte[] bytes) => Convert.ToHexString(SHA256.HashData(bytes));

    private byte[]? ReadBytes()
    {
        try
        {
            if (Directory.Exists(FullPath)) throw new IOException("it is a folder");
            using var file = new FileStream(FullPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var bytes = new MemoryStream();
            var buffer = new byte[16 * 1024];
            while (file.Read(buffer) is var count and > 0)
            {
                bytes.Write(buffer, 0, count);
                if (bytes.Length > MaxBytes) throw new IOException($"it has more than {MaxBytes} bytes");
            }

            return bytes.ToArray();
        }
        catch (FileNotFoundException) when (new FileInfo(FullPath).LinkTarget is null)
        {
            return null;
        }
        catch (DirectoryNotFoundException e)
        {
            throw new BanFileException($"{Name} is in a folder that does not exist. Create it, and give the gateway write access to it.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BanFileException($"{Name} cannot be read: {e.Message.TrimEnd('.')}. {Remedy}", e);
        }
    }
}

/// <summary>What the file holds at one moment.</summary>
/// <param name="Stamp">Identifies the content.</param>
/// <param name="Bans">The bans in it.</param>
internal sealed record BanFileReading(string Stamp, IReadOnlyList<Ban> Bans);
