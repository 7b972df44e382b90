using System.CommandLine;
using System.Text;
using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Cli.Frames;

/// <summary>The options for the fields of one frame.</summary>
internal sealed class FrameFieldOptions
{
    private const int MaxContentBytes = 64 * 1024 * 1024;

    private readonly Option<string> _type = new("--type")
    {
        Description = "The type of the frame: ping, message, or an application type, at most 50 bytes.",
        HelpName = "text",
        DefaultValueFactory = _ => "ping",
    };

    private readonly Option<string?> _content = new("--content") { Description = "The content, as text.", HelpName = "text" };
    private readonly Option<string?> _contentHex = new("--content-hex") { Description = "The content, in hex.", HelpName = "hex" };
    private readonly Option<string?> _contentFile = new("--content-file") { Description = "The content, from a file.", HelpName = "file" };
    private readonly Option<string?> _created = DateText.Option("--created", "The date of the frame. Default: now.");
    private readonly Option<string> _direction = DirectionOption(isOptional: false);

    /// <summary>An option for the direction of frames.</summary>
    public static Option<string> DirectionOption(bool isOptional)
    {
        var option = new Option<string>("--direction")
        {
            Description = "The direction of the frame. The scheme hmac-sha256 uses a different key for each direction.",
            DefaultValueFactory = _ => isOptional ? "any" : "to-gateway",
        };
        if (isOptional) option.AcceptOnlyFromAmong("to-gateway", "to-client", "any");
        else option.AcceptOnlyFromAmong("to-gateway", "to-client");
        return option;
    }

    /// <summary>The end that reads frames of a direction; null for any.</summary>
    public static TokenRole? Reader(string direction) => direction switch
    {
        "to-gateway" => TokenRole.Gateway,
        "to-client" => TokenRole.Client,
        _ => null,
    };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_type, _content, _contentHex, _contentFile, _created, _direction]) command.Add(option);
    }

    /// <summary>The end that signs.</summary>
    public TokenRole Writer(ParseResult parsed) => parsed.GetRequiredValue(_direction) == "to-gateway" ? TokenRole.Client : TokenRole.Gateway;

    /// <summary>The end that reads.</summary>
    public TokenRole Reader(ParseResult parsed) => parsed.GetRequiredValue(_direction) == "to-gateway" ? TokenRole.Gateway : TokenRole.Client;

    /// <summary>Makes a signed frame.</summary>
    public byte[] Encode(ParseResult parsed, TokenSettings tokens, TimeProvider time)
    {
        var created = parsed.GetValue(_created) is { } date
            ? DateText.Read("--created", date, tokens.Keyring.TimeZone)
            : time.GetUtcNow().ToUnixTimeSeconds();
        return tokens.Signer(Writer(parsed)).Encode(Type(parsed), Content(parsed), created).ToArray();
    }

    /// <summary>Makes a frame with a given token.</summary>
    public byte[] Encode(ParseResult parsed, TokenSettings tokens, TimeProvider time, string token)
    {
        if (parsed.GetValue(_created) is null) throw new CliException(ExitCode.Usage, "--token needs --created, the date that the token was made for.");
        var text = Encoding.UTF8.GetBytes(token);
        if (text.Length > FrameFormat.FieldLength)
        {
            throw new CliException(ExitCode.NotValid, $"the token has {text.Length} bytes, but the field has {FrameFormat.FieldLength}.");
        }

        var frame = Encode(parsed, tokens, time);
        FrameFormat.WriteField(text, frame.AsSpan(FrameFormat.TokenOffset, FrameFormat.FieldLength));
        return frame;
    }

    private byte[] Type(ParseResult parsed)
    {
        var type = Encoding.UTF8.GetBytes(parsed.GetRequiredValue(_type));
        if (type.Length <= FrameFormat.FieldLength) return type;
        throw new CliException(ExitCode.Usage, $"--type has {type.Length} bytes, but at most {FrameFormat.FieldLength} are allowed.");
    }

    private byte[] Content(ParseResult parsed)
    {
        var (text, hex, file) = (parsed.GetValue(_content), parsed.GetValue(_contentHex), parsed.GetValue(_contentFile));
        if (new[] { text, hex, file }.Count(o => o is not null) > 1)
        {
            throw new CliException(ExitCode.Usage, "Give one of --content, --content-hex and --content-file.");
        }

        if (text is not null) return Encoding.UTF8.GetBytes(text);
        if (file is not null) return TextFile.ReadBytes("--content-file", file, MaxContentBytes);
        if (string.IsNullOrWhiteSpace(hex)) return [];
        var dump = HexDump.Read(hex);
        return dump.Error is null ? dump.Bytes : throw new CliException(ExitCode.Usage, $"--content-hex: {dump.Error}");
    }
}
