namespace HeartbeatGateway.Cli.Options;

/// <summary>Reads files that an option names.</summary>
internal static class TextFile
{
    /// <summary>Reads a whole file as UTF-8.</summary>
    /// <exception cref="CliException">The file cannot be read, or is longer than <paramref name="maxBytes"/>.</exception>
    public static string Read(string option, string path, int maxBytes) => new System.Text.UTF8Encoding(false).GetString(ReadBytes(option, path, maxBytes));

    /// <summary>Reads a whole file.</summary>
    /// <exception cref="CliException">The file cannot be read, or is longer than <paramref name="maxBytes"/>.</exception>
    public static byte[] ReadBytes(string option, string path, int maxBytes)
    {
        try
        {
            using var stream = File.OpenRead(path);
            return Bytes(stream, option, path, maxBytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new CliException(ExitCode.File, $"{option}: '{path}' cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Reads a stream to its end.</summary>
    /// <exception cref="CliException">The stream is longer than <paramref name="maxBytes"/>.</exception>
    public static byte[] Bytes(Stream stream, string option, string name, int maxBytes)
    {
        using var bytes = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (stream.Read(buffer) is var count and > 0)
        {
            bytes.Write(buffer, 0, count);
            if (bytes.Length > maxBytes) throw new CliException(ExitCode.File, $"{option}: '{name}' is longer than {maxBytes} bytes.");
        }

        return bytes.ToArray();
    }
}
