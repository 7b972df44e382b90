using HeartbeatGateway.Server.Options;

namespace HeartbeatGateway.Configuration;

/// <summary>Logs what a reload has put in force, and which changed settings are in force only after a restart.</summary>
internal sealed class ReloadLog
{
    private const int MaxKeys = 20;

    /// <summary>The sections that are read once, at the start.</summary>
    public static readonly string[] ReadAtStart =
    [
        "Gateway:Tcp", "Gateway:Tls", "Gateway:Http", "Gateway:Bans", "Gateway:WebSocket:Endpoint", "Gateway:WebSocket:Path", "Gateway:Messages:Sinks",
        "Gateway:Authorization", "Gateway:Webhook:Lanes", "Gateway:Webhook:Presence", "Gateway:Webhook:DeadLetterFile", "Gateway:Redis",
    ];

    private readonly IConfiguration _configuration;
    private readonly ILogger _logger;
    private readonly SettingsSnapshot _start;
    private readonly HashSet<string> _warnings;
    private SettingsSnapshot _last;

    /// <param name="configuration">The program's configuration.</param>
    /// <param name="options">The options of the start.</param>
    /// <param name="warnings">The warnings that the start has logged.</param>
    /// <param name="logger">Gets the lines.</param>
    public ReloadLog(IConfiguration configuration, ServiceOptions options, IEnumerable<string> warnings, ILogger logger)
    {
        (_configuration, _logger, _warnings) = (configuration, logger, warnings.ToHashSet(StringComparer.Ordinal));
        _last = _start = new SettingsSnapshot(configuration, options);
    }

    /// <summary>Logs an accepted reload.</summary>
    /// <param name="options">The options that are in force now.</param>
    /// <param name="warnings">What can be warned of in them; those that were not logged before are logged.</param>
    public void Accepted(ServiceOptions options, IEnumerable<string> warnings)
    {
        var now = new SettingsSnapshot(_configuration, options);
        var applied = now.DifferencesTo(_last).Where(key => IsReloaded(key, now)).ToList();
        var pending = now.DifferencesTo(_start).Where(key => !IsReloaded(key, now)).ToList();
        _last = now;
        if (applied.Count > 0) _logger.ConfigurationReloaded(Join(applied));
        else if (pending.Count == 0) _logger.ConfigurationUnchanged();
        if (pending.Count > 0) _logger.RestartNeeded(Join(pending));
        var refused = SettingsFiles.Of(_configuration).Where(file => file.Fault is not null).Select(file => file.FullPath).ToList();
        if (refused.Count > 0) _logger.SettingsFilesNotInForce(string.Join(", ", refused));
        foreach (var warning in warnings.Where(_warnings.Add)) _logger.ConfigurationWarning(warning);
    }

    /// <summary>True for settings that a reload puts in force. Log levels are, where both the start and the new configuration have a value for them.</summary>
    private bool IsReloaded(string key, SettingsSnapshot now)
    {
        if (IsIn(key, GatewayOptions.SectionName)) return !ReadAtStart.Any(section => IsIn(key, section));
        return IsLevel(key) && !string.IsNullOrEmpty(_start[key]) && !string.IsNullOrEmpty(now[key]);
    }

    private static bool IsLevel(string key) =>
        key.Equals("Serilog:MinimumLevel", StringComparison.OrdinalIgnoreCase) || key.Equals("Serilog:MinimumLevel:Default", StringComparison.OrdinalIgnoreCase) || IsIn(key, "Serilog:MinimumLevel:Override");

    /// <summary>True when a key is a section or in it.</summary>
    public static bool IsIn(string key, string section) =>
        key.StartsWith(section, StringComparison.OrdinalIgnoreCase) && (key.Length == section.Length || key[section.Length] == ':');

    private static string Join(List<string> keys) =>
        keys.Count <= MaxKeys ? string.Join(", ", keys) : $"{string.Join(", ", keys.Take(MaxKeys))} and {keys.Count - MaxKeys} more";
}
