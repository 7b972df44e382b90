using System.Collections;
using System.Reflection;
using HeartbeatGateway.Server.Options;

namespace HeartbeatGateway.Configuration;

/// <summary>
/// All settings in force, as operators may see them: the value of an option that is marked <see cref="DisplayableAttribute"/>, and of any other one whether it is
/// set. Made at the start and after each accepted reload, so that a refused one changes nothing here either.
/// </summary>
internal sealed class SettingsInForce
{
    private static readonly List<string> Sections =
        [.. typeof(ServiceOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite).Select(p => $"{GatewayOptions.SectionName}:{p.Name}")];

    private readonly IConfiguration _configuration;
    private readonly IReadOnlyList<ShownSetting> _start;
    private volatile IReadOnlyList<ShownSetting> _list;

    public SettingsInForce(OptionsInForce options, IConfiguration configuration)
    {
        _configuration = configuration;
        _list = _start = [.. Read(options.Value)];
        options.Changed = Follow;
    }

    /// <summary>The settings of the section <c>Gateway</c> in the order of the options, then those of the platform.</summary>
    public IReadOnlyList<ShownSetting> List => _list;

    private static bool IsReadAtStart(ShownSetting setting) =>
        !ReloadLog.IsIn(setting.Name, GatewayOptions.SectionName) || ReloadLog.ReadAtStart.Any(section => ReloadLog.IsIn(setting.Name, section));

    /// <summary>What is read once, at the start, stays as it was then.</summary>
    private void Follow(ServiceOptions options) =>
        _list = [.. Read(options).Where(s => !IsReadAtStart(s)).Concat(_start.Where(IsReadAtStart)).OrderBy(PlaceOf)];

    /// <summary>The place of a setting's section; sorting is stable.</summary>
    private static int PlaceOf(ShownSetting setting) => Sections.FindIndex(section => ReloadLog.IsIn(setting.Name, section)) is var at and >= 0 ? at : int.MaxValue;

    private IEnumerable<ShownSetting> Read(ServiceOptions options) =>
        ReadSection(GatewayOptions.SectionName, options).Concat(PlatformSettingNames.List(_configuration));

    private IEnumerable<ShownSetting> ReadSection(string path, object section) =>
        section.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite)
            .SelectMany(property => ReadValue($"{path}:{property.Name}", property.GetValue(section), property.IsDefined(typeof(DisplayableAttribute))));

    private IEnumerable<ShownSetting> ReadValue(string name, object? value, bool isShown) => value switch
    {
        IDictionary { Count: > 0 } map => map.Keys.Cast<object>().SelectMany(key => ReadValue($"{name}:{key}", map[key], isShown)),
        IList { Count: > 0 } list => NamesOf(name, list).Zip(list.Cast<object?>()).SelectMany(item => ReadValue(item.First, item.Second, isShown)),
        ICollection => [Show(name, null, isShown)],
        null or string => [Show(name, value, isShown)],
        _ when value.GetType().IsValueType => [Show(name, value, isShown)],
        _ => ReadSection(name, value),
    };

    private ShownSetting Show(string name, object? value, bool isShown)
    {
        var source = SettingOrigins.SourceOf(_configuration, name);
        return isShown ? ShownSetting.Displayed(name, value, source) : ShownSetting.Hidden(name, source);
    }

    /// <summary>The keys of a list's items. In the configuration they may have gaps, which the list has not.</summary>
    private IEnumerable<string> NamesOf(string name, IList list)
    {
        var paths = _configuration.GetSection(name).GetChildren().Select(c => c.Path).ToList();
        return paths.Count == list.Count ? paths : Enumerable.Range(0, list.Count).Select(i => $"{name}:{i}");
    }
}
