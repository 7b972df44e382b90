using System.CommandLine;
using System.Text;
using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Frames;

/// <summary>Reads the bytes of frames: hex text on the command line, a file, or standard input.</summary>
internal sealed class FrameInput
{
    private const int MaxInputBytes = 64 * 1024 * 1024;

    private readonly Argument<string[]> _hex = new("hex")
    {
        Description = "The bytes in hex; several arguments are joined. Without an argument: --file, or standard input.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string?> _file = new("--file", "-f")
    {
        Description = "A file with a hex dump or with raw bytes; - is standard input.",
        HelpName = "file",
    };

    private readonly Option<string> _form = new("--input")
    {
        Description = "The form of the file or of standard input; auto detects text or raw bytes.",
        DefaultValueFactory = _ => "auto",
    };

    public FrameInput()
    {
        _form.AcceptOnlyFromAmong("auto", "hex", "raw");
        // Without this check a misspelt option would be read as hex, and the error would be about digits.
        DidYouMean.RefuseOptions(_hex);
    }

    public void AddTo(Command command)
    {
        command.Add(_hex);
        command.Add(_file);
        command.Add(_form);
    }

    /// <summary>True when the command line gives bytes or a file; false for standard input without --file.</summary>
    public bool IsGiven(ParseResult parsed) => parsed.GetValue(_hex) is { Length: > 0 } || parsed.GetValue(_file) is not null;

    public async Task<byte[]> ReadAsync(ParseResult parsed, CliEnvironment environment, CancellationToken cancellation)
    {
        var file = parsed.GetValue(_file);
        if (parsed.GetValue(_hex) is { Length: > 0 } hex)
        {
            if (file is not null) throw new CliException(ExitCode.Usage, "Give the bytes in hex or a --file, not both.");
            return FromText(string.Join(' ', hex));
        }

        if (file is null && environment.IsInputTerminal)
        {
            await environment.Error.WriteLineAsync("hbg: reading a hex dump from the terminal; press Ctrl+D on an empty line to end it.");
        }

        var bytes = file is null or "-"
            // A read of standard input cannot be cancelled. On cancellation it stays pending, and its result is ignored.
            ? await Task.Run(() => TextFile.Bytes(environment.Input, "standard input", "-", MaxInputBytes), CancellationToken.None).WaitAsync(cancellation)
            : TextFile.ReadBytes("--file", file, MaxInputBytes);
        return parsed.GetRequiredValue(_form) switch
        {
            "raw" => bytes,
            "hex" => FromText(Encoding.UTF8.GetString(bytes)),
            _ => LooksLikeText(bytes) ? FromText(Encoding.UTF8.GetString(bytes)) : bytes,
        };
    }

    /// <summary>Raw frames contain NUL bytes; text never does.</summary>
    private static bool LooksLikeText(byte[] bytes) => !bytes.AsSpan().ContainsAnyInRange((byte)0, (byte)8);

    private static byte[] FromText(string text)
    {
        var dump = HexDump.Read(text.TrimStart('\uFEFF'));
        return dump.Error is null ? dump.Bytes : throw new CliException(ExitCode.NotValid, dump.Error);
    }
}
