using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json;
using HeartbeatGateway.Cli.Api.Models;

namespace HeartbeatGateway.Cli.Api.Messages;

/// <summary>Sends a message so that it is sent once, also when an answer is lost and the request is repeated.</summary>
internal sealed class OnceSender
{
    private const int KeyBytes = 16;

    private readonly Option<string?> _key = new("--idempotency-key")
    {
        Description = "The gateway does the same thing once for each key within 10 minutes. Default: a random key for each run.",
        HelpName = "text",
    };

    public void AddTo(Command command) => command.Add(_key);

    /// <param name="run">The run.</param>
    /// <param name="path">The path below the prefix of the API.</param>
    /// <param name="body">The message.</param>
    /// <param name="wait">How long the gateway was asked to wait with its answer.</param>
    /// <exception cref="ApiException">The gateway refused, or its answer was lost twice.</exception>
    public async Task<JsonElement> SendAsync(ApiRun run, string path, MessageBody body, TimeSpan wait = default)
    {
        var key = run.Parsed.GetValue(_key) ?? Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(KeyBytes));
        if (key.Length is 0 or > 128 || key.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            throw new CliException(ExitCode.Usage, $"{_key.Name} must have 1 to 128 printable ASCII characters without blanks.");
        }

        try
        {
            return await SendAsync(run, path, body, key, wait);
        }
        catch (ApiException e) when (e.IsAnswerLost)
        {
            await run.NoteAsync($"the answer was lost; trying again, the gateway sends nothing twice. {e.Message}");
        }

        try
        {
            return await SendAsync(run, path, body, key, wait);
        }
        catch (ApiException e) when (e.Status is null)
        {
            throw new ApiException(ExitCode.NotDelivered, $"{e.Message} It is not known whether the message was sent. To try again without sending twice, within 10 minutes: {_key.Name} {key}", e);
        }
    }

    private static Task<JsonElement> SendAsync(ApiRun run, string path, MessageBody body, string key, TimeSpan wait) =>
        run.Api.SendAsync(HttpMethod.Post, path, body, ApiJson.Default.MessageBody, run.Cancellation, key, wait);
}
