using System.Collections;
using Microsoft.Extensions.Configuration.CommandLine;
using Microsoft.Extensions.Configuration.EnvironmentVariables;

namespace HeartbeatGateway.Configuration;

/// <summary>Adds to errors where their setting comes from: a file and its line, an environment variable, or the command line.</summary>
internal static class SettingOrigins
{
    private static readonly string[] VariablePrefixes = ["", "ASPNETCORE_", "DOTNET_"];

    /// <summary>Adds a sentence to each error whose key one of the sources holds.</summary>
    /// <param name="errors">Sentences that start with their key.</param>
    /// <param name="configuration">The configuration that they are about.</param>
    public static IReadOnlyList<string> AddTo(IEnumerable<string> errors, IConfiguration configuration) =>
        [.. errors.Select(error => KeyOf(error) is { } key && Find(configuration, key) is { } origin ? $"{error} It is set {origin}." : error)];

    /// <summary>The key that an error starts with; null when it starts with another word.</summary>
    public static string? KeyOf(string error)
    {
        var key = error.Split(' ', 2)[0].TrimEnd(':');
        return key.Contains(':', StringComparison.Ordinal) ? key : null;
    }

    /// <summary>The source of a setting's value: a file's name, an environment variable or the command line; null when no source holds the setting.</summary>
    public static string? SourceOf(IConfiguration configuration, string key) => FindProvider(configuration, key) switch
    {
        null => null,
        SettingsFile file => file.Name,
        EnvironmentVariablesConfigurationProvider => $"environment variable {VariableOf(key)}",
        CommandLineConfigurationProvider => "command line",
        var other => other.GetType().Name,
    };

    /// <summary>Where the value in force of a setting or section comes from: "in FILE, line 7", for instance; null when no source holds it.</summary>
    private static string? Find(IConfiguration configuration, string key) => FindProvider(configuration, key) is { } provider ? Describe(provider, key) : null;

    /// <summary>The source with the highest precedence among those that hold a setting or section.</summary>
    private static IConfigurationProvider? FindProvider(IConfiguration configuration, string key)
    {
        if (configuration is not IConfigurationRoot root) return null;
        foreach (var provider in root.Providers.Reverse())
        {
            if (provider is ChainedConfigurationProvider chained)
            {
                if (FindProvider(chained.Configuration, key) is { } found) return found;
                continue;
            }

            if (Holds(provider, key)) return provider;
        }

        return null;
    }

    private static bool Holds(IConfigurationProvider provider, string key) => provider.TryGet(key, out _) || provider.GetChildKeys([], key).Any();

    private static string? Describe(IConfigurationProvider provider, string key) => provider switch
    {
        SettingsFile { FullPath: var file } => $"in {file}{(JsonSettingLines.Find(file, key) is { } line ? $", line {line}" : "")}",
        EnvironmentVariablesConfigurationProvider => $"by the environment variable {VariableOf(key)}",
        CommandLineConfigurationProvider => "on the command line",
        _ => null,
    };

    /// <summary>The variable that holds a key, as it is spelt in the environment; for a section, the first one in it.</summary>
    private static string VariableOf(string key)
    {
        var names = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(v => (string)v.Key).Order(StringComparer.Ordinal).ToList();
        return names.Find(n => VariablePrefixes.Any(p => Normalise(n).Equals(p + key, StringComparison.OrdinalIgnoreCase)))
            ?? names.Find(n => VariablePrefixes.Any(p => Normalise(n).StartsWith($"{p}{key}:", StringComparison.OrdinalIgnoreCase)))
            ?? key.Replace(":", "__", StringComparison.Ordinal);
    }

    private static string Normalise(string variable) => variable.Replace("__", ":", StringComparison.Ordinal);
}
