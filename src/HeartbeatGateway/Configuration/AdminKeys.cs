using System.Text;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Configuration;

/// <summary>Reads and checks the keys of the HTTP API.</summary>
internal static class AdminKeys
{
    /// <summary>The shortest key, in bytes of UTF-8: as for the secrets of tokens.</summary>
    public const int MinKeyBytes = TokenSecret.MinSecretBytes;

    /// <returns>The keys; their texts are secret.</returns>
    public static IReadOnlyList<AdminKey> Read(AdminOptions options, List<string> errors)
    {
        if (options.RequestsPerSecond is < 0 or > 100_000) errors.Add($"Gateway:Admin:RequestsPerSecond is {options.RequestsPerSecond}, but must be between 0 (off) and 100000.");
        var keys = options.Keys.Select((key, index) => ReadOne(key, index, errors)).OfType<AdminKey>().ToList();
        foreach (var twice in keys.CountBy(k => k.Id, StringComparer.Ordinal).Where(c => c.Value > 1))
        {
            errors.Add($"Gateway:Admin:Keys: the id '{twice.Key}' stands {twice.Value} times, but must be unique.");
        }

        foreach (var shared in keys.GroupBy(k => k.Text, StringComparer.Ordinal).Where(g => g.Count() > 1))
        {
            errors.Add($"Gateway:Admin:Keys: {string.Join(" and ", shared.Select(k => $"'{k.Id}'"))} have the same key, but each needs its own.");
        }

        return keys;
    }

    private static AdminKey? ReadOne(AdminKeyOptions key, int index, List<string> errors)
    {
        var name = $"Gateway:Admin:Keys:{index}";
        var id = key.Id ?? $"admin-{index + 1}";
        if (!ClientId.IsValid(id))
        {
            // A long value may be a key under the wrong name, so it is not repeated.
            errors.Add($"{name}:Id {(id.Length < MinKeyBytes ? $"is '{id}'" : $"has {id.Length} characters")}, but must have 1 to {ClientId.MaxLength} characters of A-Z a-z 0-9 . _ : -.");
            return null;
        }

        if (!Enum.IsDefined(key.Scope))
        {
            errors.Add($"{name}:Scope is {key.Scope}, but must be Read, Send or Admin.");
            return null;
        }

        if (!TryReadText(key, name, errors, out var text)) return null;
        var bytes = Encoding.UTF8.GetByteCount(text);
        if (bytes < MinKeyBytes)
        {
            errors.Add($"{name}:{(key.KeyFile is null ? "Key" : "KeyFile")} holds a key of {bytes} bytes, but must hold at least {MinKeyBytes}.");
            return null;
        }

        if (text.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            errors.Add($"{name}:{(key.KeyFile is null ? "Key" : "KeyFile")} holds a key that no HTTP header can carry: it must consist of printable ASCII characters without blanks.");
            return null;
        }

        return new AdminKey(id, text, key.Scope, key.ExpiresAt);
    }

    private static bool TryReadText(AdminKeyOptions key, string name, List<string> errors, out string text)
    {
        text = key.Key ?? "";
        if (string.IsNullOrEmpty(key.KeyFile))
        {
            if (text.Length > 0) return true;
            errors.Add($"{name}:Key is missing: give a key there or, as a file, in {name}:KeyFile.");
            return false;
        }

        if (text.Length > 0)
        {
            errors.Add($"{name} has both a Key and a KeyFile, but must have one of them.");
            return false;
        }

        try
        {
            if (SecretFile.TryRead(File.ReadAllBytes(key.KeyFile), out text, out _, out var error)) return true;
            errors.Add($"{name}:KeyFile {key.KeyFile} {error}.");
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            errors.Add($"{name}:KeyFile cannot be read: {e.Message}");
            return false;
        }
    }
}

/// <summary>A key of the HTTP API.</summary>
/// <param name="Id">Its name in logs and the audit.</param>
/// <param name="Text">What callers present. Secret.</param>
/// <param name="Scope">What it allows.</param>
/// <param name="ExpiresAt">From then on it is refused; null: never.</param>
internal sealed record AdminKey(string Id, string Text, ApiScope Scope, DateTimeOffset? ExpiresAt)
{
    public override string ToString() => $"{Id} ({Scope})";
}
