using System.CommandLine;
using System.Text;
using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Frames;

/// <summary>Where the bytes of frames come from: a hex text on the command line, a file, or standard input.</summary>
internal sealed class FrameInput
{
    private const int MaxInputBytes = 64 * 1024 * 1024;

    private readonly Argument<string[]> _hex = new("hex")
    {
        Description = "The bytes in hex; several arguments are put together. Without any: a file, or standard input.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string?> _file = new("--file", "-f") { Description = "A file with a hex dump or with the bytes themselves; - is standard input.", HelpName = "file" };
    private readonly Option<string> _form = new("--input") { Description = "What the file or standard input holds; auto tells a text from bytes.", DefaultValueFactory = _ => "auto" };

    public FrameInput()
    {
        _form.AcceptOnlyFromAmong("auto", "hex", "raw");
        _hex.Validators.Add(result =>
        {
            // Otherwise a misspelt option is read as hex, and the error speaks of digits.
            foreach (var token in result.Tokens.Where(t => t.Value.StartsWith('-'))) result.AddError($"'{token.Value}' is no option of this command.");
        });
    }

    public void AddTo(Command command)
    {
        command.Add(_hex);
        command.Add(_file);
        command.Add(_form);
    }

    /// <summary>True when the command line names bytes; standard input alone is not a name.</summary>
    public bool IsGiven(ParseResult parsed) => parsed.GetValue(_hex) is { Length: > 0 } || parsed.GetValue(_file) is not null;

    public async Task<byte[]> ReadAsync(ParseResult parsed, CliEnvironment surroundings)
    {
        var file = parsed.GetValue(_file);
        if (parsed.GetValue(_hex) is { Length: > 0 } hex)
        {
            if (file is not null) throw new CliException(ExitCode.Usage, "Give the bytes in hex or a --file, not both.");
            return FromText(string.Join(' ', hex));
        }

        if (file is null && surroundings.IsInputTerminal) await surroundings.Error.WriteLineAsync("hbg: reading a hex dump from the terminal; end it with Ctrl+D on a line of its own.");
        var bytes = file is null or "-"
            ? TextFile.Bytes(surroundings.Input, "standard input", "-", MaxInputBytes)
            : TextFile.ReadBytes("--file", file, MaxInputBytes);
        return parsed.GetRequiredValue(_form) switch
        {
            "raw" => bytes,
            "hex" => FromText(Encoding.UTF8.GetString(bytes)),
            _ => LooksLikeText(bytes) ? FromText(Encoding.UTF8.GetString(bytes)) : bytes,
        };
    }

    /// <summary>Bytes of frames hold NULs, texts never do.</summary>
    private static bool LooksLikeText(byte[] bytes) => !bytes.AsSpan().ContainsAnyInRange((byte)0, (byte)8);

    private static byte[] FromText(string text)
    {
        var dump = HexDump.Read(text.TrimStart('\uFEFF'));
        return dump.Error is null ? dump.Bytes : throw new CliException(ExitCode.NotValid, dump.Error);
    }
}
