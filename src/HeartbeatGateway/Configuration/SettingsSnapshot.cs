using System.Security.Cryptography;
using System.Text;

namespace HeartbeatGateway.Configuration;

/// <summary>All settings at one moment, to find what a reload has changed. Of secret files it holds a hash of the content.</summary>
internal sealed class SettingsSnapshot
{
    private readonly Dictionary<string, string> _values;

    public SettingsSnapshot(IConfiguration configuration, ServiceOptions options)
    {
        _values = configuration.AsEnumerable().Where(s => s.Value is not null).ToDictionary(s => s.Key, s => s.Value!, StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < options.Tokens.Keys.Count; i++)
        {
            if (options.Tokens.Keys[i].SecretFile is { Length: > 0 } file) _values[$"Gateway:Tokens:Keys:{i}:SecretFile (content)"] = Hash(file);
        }

        for (var i = 0; i < options.Admin.Keys.Count; i++)
        {
            if (options.Admin.Keys[i].KeyFile is { Length: > 0 } file) _values[$"Gateway:Admin:Keys:{i}:KeyFile (content)"] = Hash(file);
        }
    }

    /// <summary>A value; null when the key is not set.</summary>
    public string? this[string key] => _values.GetValueOrDefault(key);

    /// <summary>The keys whose values differ, in order.</summary>
    public IEnumerable<string> DifferencesTo(SettingsSnapshot other) =>
        _values.Keys.Union(other._values.Keys, StringComparer.OrdinalIgnoreCase).Where(key => this[key] != other[key]).Order(StringComparer.OrdinalIgnoreCase);

    private static string Hash(string file)
    {
        try
        {
            return Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It was readable a moment ago, when the options were checked. The next reload compares again.
            return Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(e.Message)));
        }
    }
}
