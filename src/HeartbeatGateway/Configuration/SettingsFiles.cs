using HeartbeatGateway.Server.Options;
using Microsoft.Extensions.Configuration.Json;

namespace HeartbeatGateway.Configuration;

/// <summary>The settings files of a program.</summary>
internal static class SettingsFiles
{
    /// <summary>A command line setting that keeps the framework from watching its own sources, which are replaced.</summary>
    public const string WithoutWatchers = "--hostBuilder:reloadConfigOnChange=false";

    /// <summary>The files among the configuration's sources, in their order.</summary>
    public static IEnumerable<SettingsFile> Of(IConfiguration configuration) => ((IConfigurationRoot)configuration).Providers.OfType<SettingsFile>();

    /// <summary>Replaces the framework's sources of JSON files, in their places.</summary>
    /// <exception cref="GatewayOptionsException">A file exists and cannot be used.</exception>
    public static void Install(IConfigurationBuilder configuration, string folder)
    {
        var sources = configuration.Sources;
        for (var i = 0; i < sources.Count; i++)
        {
            if (sources[i] is JsonConfigurationSource { Path: { } name }) sources[i] = new SettingsFile(Path.Combine(folder, name));
        }
    }

    /// <summary>Throws the sentence of the file that a message of the framework names, if that file cannot be used.</summary>
    /// <exception cref="GatewayOptionsException">A file cannot be used.</exception>
    public static void ThrowIfUnusable(string folder, string message)
    {
        foreach (var path in Directory.EnumerateFileSystemEntries(folder, "appsettings*.json").Where(p => message.Contains(p, StringComparison.Ordinal)))
        {
            new SettingsFile(path).Load();
        }
    }
}
