using System.Globalization;
using HeartbeatGateway.Server.Options;
using Microsoft.Extensions.Configuration.CommandLine;
using Microsoft.Extensions.Configuration.EnvironmentVariables;

namespace HeartbeatGateway.Configuration;

/// <summary>
/// Finds lists whose entries come from several sources. The configuration merges lists by position, so that a key or a network of one file
/// stays in force beside those of another.
/// </summary>
internal static class MergedLists
{
    private const int MaxEntries = 4;

    /// <summary>One sentence for each such list of the section <c>Gateway</c>; it names the sources and what each contributes.</summary>
    public static IEnumerable<string> Warnings(IConfiguration configuration)
    {
        var providers = ((IConfigurationRoot)configuration).Providers.ToList();
        var entries = configuration.GetSection(GatewayOptions.SectionName).AsEnumerable()
            .Where(setting => setting.Value is not null)
            .Select(setting => (setting.Key, List: ListOf(setting.Key)))
            .Where(entry => entry.List is not null)
            .GroupBy(entry => entry.List!, entry => entry.Key, StringComparer.OrdinalIgnoreCase);
        foreach (var list in entries)
        {
            var contributions = list.GroupBy(key => providers.FindLastIndex(p => p.TryGet(key, out _))).OrderBy(c => c.Key).ToList();
            // An empty list is meant to remove the entries of the sources before it.
            var first = contributions.Min(c => c.Key);
            var empty = providers.Index().Where(p => p.Index > first && p.Item.TryGet(list.Key, out _));
            var parts = contributions.Select(c => (Source: NameOf(providers[c.Key]), Entries: Describe(list.Key, c)))
                .Concat(empty.Select(p => (Source: NameOf(p.Item), Entries: "an empty list, which removes nothing")))
                .DistinctBy(part => part.Source, StringComparer.Ordinal)
                .ToList();
            if (parts.Count < 2) continue;
            var sources = string.Join(" and ", parts.Select(part => $"{part.Source} ({part.Entries})"));
            yield return $"{list.Key} is merged from {sources}: sources are merged entry by entry, by position, so all of these are in force. Give the whole list in one source.";
        }
    }

    /// <summary>The outermost list that a key belongs to; null when it belongs to none.</summary>
    private static string? ListOf(string key)
    {
        var parts = key.Split(ConfigurationPath.KeyDelimiter);
        var index = Array.FindIndex(parts, part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _));
        return index < 1 ? null : ConfigurationPath.Combine(parts[..index]);
    }

    private static string Describe(string list, IEnumerable<string> keys)
    {
        var names = keys.Select(key => key[(list.Length + 1)..]).Order(StringComparer.OrdinalIgnoreCase).ToList();
        return string.Join(", ", names.Take(MaxEntries)) + (names.Count > MaxEntries ? ", …" : "");
    }

    private static string NameOf(IConfigurationProvider provider) => provider switch
    {
        SettingsFile file => file.Name,
        EnvironmentVariablesConfigurationProvider => "environment variables",
        CommandLineConfigurationProvider => "the command line",
        _ => provider.GetType().Name,
    };
}
