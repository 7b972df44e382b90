using System.Buffers.Text;
using System.CommandLine;
using System.Text.Json;
using HeartbeatGateway.Cli.Api.Models;
using HeartbeatGateway.Cli.Options;

namespace HeartbeatGateway.Cli.Api.Messages;

/// <summary>The type and content of a message; <c>send</c> and <c>broadcast</c> share them.</summary>
internal sealed class ContentOptions
{
    /// <summary>A body of the API has at most 1 MiB, and base64 makes four characters of three bytes.</summary>
    private const int MaxContentBytes = 700 * 1024;

    private readonly Option<string> _type = new("--type") { Description = "The type of the message, at most 50 bytes.", HelpName = "text", DefaultValueFactory = _ => "message" };
    private readonly Option<string?> _text = new("--text") { Description = "The content as text.", HelpName = "text" };
    private readonly Option<string?> _json = new("--json-content") { Description = "The content as JSON.", HelpName = "json" };
    private readonly Option<string?> _base64 = new("--base64") { Description = "The content as base64.", HelpName = "text" };
    private readonly Option<string?> _file = new("--file", "-f") { Description = "A file with the content, in bytes; - is standard input.", HelpName = "file" };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_type, _text, _json, _base64, _file]) command.Add(option);
    }

    /// <summary>The message; without any content option it is empty.</summary>
    /// <exception cref="CliException">The content is not what its option says, or too large.</exception>
    public MessageBody Read(ApiRun run)
    {
        var p = run.Parsed;
        var (text, json, base64, file) = (p.GetValue(_text), p.GetValue(_json), p.GetValue(_base64), p.GetValue(_file));
        if (new[] { text, json, base64, file }.Count(o => o is not null) > 1)
        {
            throw new CliException(ExitCode.Usage, "give only one of --text, --json-content, --base64 and --file.");
        }

        var body = new MessageBody { Type = p.GetRequiredValue(_type), Text = text };
        if (json is not null) return body with { Json = Json(json) };
        if (base64 is not null) return body with { Base64 = IsBase64(base64) };
        if (file is null) return body;
        var bytes = file == "-"
            ? TextFile.Bytes(run.Environment.Input, _file.Name, "standard input", MaxContentBytes)
            : TextFile.ReadBytes(_file.Name, file, MaxContentBytes);
        return body with { Base64 = Convert.ToBase64String(bytes) };
    }

    private JsonElement Json(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, ApiJson.Default.JsonElement);
        }
        catch (JsonException e)
        {
            throw new CliException(ExitCode.Usage, $"{_json.Name} is no JSON: error at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}. A text needs quotes, or --text.", e);
        }
    }

    private string IsBase64(string text) => Base64.IsValid(text)
        ? text
        : throw new CliException(ExitCode.Usage, $"{_base64.Name} is not base64 (RFC 4648, section 4, with padding).");
}
