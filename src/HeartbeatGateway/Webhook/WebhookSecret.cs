using HeartbeatGateway.Configuration;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Webhook;

/// <summary>Reads the secrets of the webhook: <c>whsec_</c> and base64, as Standard Webhooks define. No message shows a part of one.</summary>
internal static class WebhookSecret
{
    public const string Prefix = "whsec_";

    /// <summary>The range that Standard Webhooks give for the bytes of a secret.</summary>
    public const int MinBytes = 24;

    /// <inheritdoc cref="MinBytes"/>
    public const int MaxBytes = 64;

    private const string Remedy = "make one with: echo whsec_$(openssl rand -base64 32)";

    /// <param name="options">The options of one secret.</param>
    /// <param name="name">The key of these options, <c>Gateway:Webhook:Secrets:0</c>.</param>
    /// <param name="errors">Gets one sentence when there is no usable secret.</param>
    /// <returns>The bytes of the secret; null when it cannot be used.</returns>
    public static byte[]? Read(WebhookSecretOptions options, string name, List<string> errors)
    {
        var isFile = !string.IsNullOrEmpty(options.SecretFile);
        if (isFile && !string.IsNullOrEmpty(options.Secret))
        {
            errors.Add($"{name} has both a Secret and a SecretFile, but must have one of them.");
            return null;
        }

        var (text, error) = isFile ? ReadFile(options.SecretFile!) : (options.Secret ?? "", null);
        error ??= text.Length == 0 && !isFile ? "is missing: give a secret there or, as a file, in SecretFile" : null;
        var bytes = error is null ? Parse(text, out error) : null;
        if (error is not null) errors.Add(isFile ? $"{name}:SecretFile {options.SecretFile} {error}." : $"{name}:Secret {error}.");
        return bytes;
    }

    private static byte[]? Parse(string text, out string? error)
    {
        error = null;
        if (!text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            error = $"does not begin with {Prefix}: {Remedy}";
            return null;
        }

        var bytes = new byte[text.Length];
        if (!Convert.TryFromBase64String(text[Prefix.Length..], bytes, out var count)) error = $"is not base64 after {Prefix}: {Remedy}";
        else if (count is < MinBytes or > MaxBytes) error = $"has {count} bytes after {Prefix}, but must have {MinBytes} to {MaxBytes}: {Remedy}";
        return error is null ? bytes[..count] : null;
    }

    private static (string Text, string? Error) ReadFile(string file)
    {
        try
        {
            return SecretFile.TryRead(File.ReadAllBytes(file), out var text, out _, out var error) ? (text, null) : ("", error);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return ("", $"cannot be read: {e.Message.TrimEnd('.')}");
        }
    }
}
