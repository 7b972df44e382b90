using System.Collections;
using System.Reflection;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server.Options;

namespace HeartbeatGateway.Tests.Configuration;

/// <summary>Each option says whether its value may be shown.</summary>
public sealed class OptionMarksTests
{
    [Fact]
    public void Every_option_is_marked_as_displayable_or_as_a_secret()
    {
        var options = OptionsOf(typeof(ServiceOptions)).ToList();
        Assert.True(options.Count > 60, $"There are {options.Count} options.");
        var unmarked = options.Where(p => p.IsDefined(typeof(DisplayableAttribute)) == p.IsDefined(typeof(SecretAttribute))).Select(p => $"{p.DeclaringType!.Name}.{p.Name}");
        Assert.True(!unmarked.Any(), $"Mark with exactly one of [Displayable] and [Secret] (a text that may contain a secret is one): {string.Join(", ", unmarked)}");
    }

    /// <summary>All options of a class and of the sections in it; a section is no option itself.</summary>
    public static IEnumerable<PropertyInfo> OptionsOf(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite).SelectMany(property =>
            SectionOf(property.PropertyType) is { } section ? OptionsOf(section) : [property]);

    /// <summary>The class of a section, or of the sections in a list or map; null for a value.</summary>
    private static Type? SectionOf(Type type)
    {
        var item = type.IsGenericType && typeof(IEnumerable).IsAssignableFrom(type) ? type.GetGenericArguments()[^1] : type;
        return item.IsValueType || item == typeof(string) ? null : item;
    }
}
