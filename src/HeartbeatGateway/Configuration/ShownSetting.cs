using System.Globalization;

namespace HeartbeatGateway.Configuration;

/// <summary>A setting as operators see it.</summary>
/// <param name="Name">Its key, or for some settings of the platform their environment variable.</param>
/// <param name="Value">The value in force; null when there is none, and when it is not shown.</param>
/// <param name="IsSet">A source holds it; otherwise the default is in force.</param>
/// <param name="IsShown">Its value may be shown.</param>
/// <param name="Origin">The file's name, the environment variable, <c>command line</c> or <c>default</c>.</param>
internal sealed record ShownSetting(string Name, string? Value, bool IsSet, bool IsShown, string Origin)
{
    private const string Default = "default";

    /// <summary>A setting whose value may be shown. From texts with URLs, user info and query are removed.</summary>
    public static ShownSetting Displayed(string name, object? value, string? source)
    {
        var text = TextOf(value);
        var shown = text is null ? null : ShownUrl.Redact(text);
        return new ShownSetting(name, shown, source is not null, IsShown: text is null || shown is not null, source ?? Default);
    }

    /// <summary>A setting of which only is shown whether it is set.</summary>
    public static ShownSetting Hidden(string name, string? source) => new(name, null, source is not null, IsShown: false, source ?? Default);

    private static string? TextOf(object? value) => value switch
    {
        null => null,
        bool b => b ? "true" : "false",
        TimeSpan duration => duration.ToString("c", CultureInfo.InvariantCulture),
        DateTimeOffset time => time.ToString("O", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };
}
