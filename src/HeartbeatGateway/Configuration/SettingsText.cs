using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.Extensions.Configuration.Json;

namespace HeartbeatGateway.Configuration;

/// <summary>What a settings file holds at one moment.</summary>
/// <param name="Stamp">Time of the last write and a hash of the content: another one means that the file was written.</param>
/// <param name="Bytes">The content.</param>
internal sealed record SettingsText(string Stamp, byte[] Bytes)
{
    /// <summary>The largest settings file, in bytes. A path can lead to a file without an end.</summary>
    public const int MaxBytes = 4 * 1024 * 1024;

    /// <returns>Null when there is no such file.</returns>
    /// <exception cref="SettingsFileException">The file exists and cannot be read.</exception>
    public static SettingsText? Read(string path)
    {
        // Opening a folder fails with "access denied", which would be misleading.
        if (Directory.Exists(path)) throw new SettingsFileException("is a folder, but must be a file");
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            using var bytes = new MemoryStream();
            var buffer = new byte[16 * 1024];
            while (file.Read(buffer) is var count and > 0)
            {
                bytes.Write(buffer, 0, count);
                if (bytes.Length > MaxBytes) throw new SettingsFileException($"has more than {MaxBytes} bytes, which no settings file needs");
            }

            // Of the open file, so that symbolic links are followed.
            var writtenAt = File.GetLastWriteTimeUtc(file.SafeFileHandle);
            var content = bytes.ToArray();
            return new SettingsText($"{writtenAt.Ticks}-{Convert.ToHexString(SHA256.HashData(content))}", content);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // A link without a target is no absent file: an installation or a mount is incomplete.
            return new FileInfo(path).LinkTarget is { } target ? throw new SettingsFileException($"is a symbolic link to '{target}', which does not exist", e) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsFileException($"cannot be read: {e.Message.TrimEnd('.')}", e);
        }
    }

    /// <summary>The settings in the content.</summary>
    /// <exception cref="SettingsFileException">The content is not a JSON object.</exception>
    public IDictionary<string, string?> Parse()
    {
        var isUtf16 = Bytes.AsSpan().StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || Bytes.AsSpan().StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]);
        if (!isUtf16 && !Utf8.IsValid(Bytes)) throw new SettingsFileException("is not UTF-8: save it as UTF-8");
        try
        {
            using var stream = new MemoryStream(Bytes);
            return JsonParser.Parse(stream);
        }
        catch (JsonException e)
        {
            throw new SettingsFileException($"is not valid JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}: {Reason(e)}", e);
        }
        catch (FormatException e)
        {
            throw new SettingsFileException($"is not valid: {e.Message.TrimEnd('.')}{JsonSettingLines.OfDuplicate(Bytes, e.Message)}", e);
        }
    }

    /// <summary>The message without its position, which is given in numbers from 1 as editors count.</summary>
    private static string Reason(JsonException e)
    {
        var end = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        var reason = (end < 0 ? e.Message : e.Message[..end]).TrimEnd('.');
        // A value without quotes is quoted by the message, and may be a piece of a secret; a single character is none.
        return reason.IndexOf("' is ", StringComparison.Ordinal) is var quoted and > 2 && reason[0] == '\'' ? $"a text{reason[(quoted + 1)..]}" : reason;
    }

    /// <summary>The framework's rules for JSON settings: comments and trailing commas are allowed, duplicate keys are not.</summary>
    private sealed class JsonParser() : JsonStreamConfigurationProvider(new JsonStreamConfigurationSource())
    {
        public static IDictionary<string, string?> Parse(Stream stream)
        {
            var parser = new JsonParser();
            parser.Load(stream);
            return parser.Data;
        }
    }
}
