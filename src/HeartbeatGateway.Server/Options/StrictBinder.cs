using System.Collections;
using System.ComponentModel;
using System.Reflection;
using HeartbeatGateway.Shared.Text;
using Microsoft.Extensions.Configuration;

namespace HeartbeatGateway.Server.Options;

/// <summary>
/// Finds errors that the framework's configuration binder ignores, or reports without naming the key: unknown keys and values of the wrong type.
/// </summary>
public static class StrictBinder
{
    /// <summary>Checks a section against the type that it is bound to.</summary>
    /// <param name="section">The section.</param>
    /// <param name="type">An options class with public settable properties.</param>
    /// <returns>One sentence for each error, starting with its key.</returns>
    public static IEnumerable<string> FindFaults(IConfigurationSection section, Type type)
    {
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IDictionary<,>)) return FindMapFaults(section, type.GetGenericArguments()[1]);
        if (type.IsGenericType && typeof(IEnumerable).IsAssignableFrom(type))
        {
            if (!string.IsNullOrEmpty(section.Value)) return [$"{section.Path} is a single value, but must be a list: its first entry is {section.Path}:0."];
            var itemType = type.GetGenericArguments()[0];
            return section.GetChildren().SelectMany(child => int.TryParse(child.Key, out _)
                ? FindNullItem(child, itemType) ?? FindFaults(child, itemType)
                : [$"{child.Path} is not understood: {section.Path} is a list, and its keys are numbers from 0."]);
        }

        if (!IsSection(type)) return FindScalarFault(section, type);
        // The value may be a secret whose key is incomplete, so it is not repeated.
        if (!string.IsNullOrEmpty(section.Value)) return [$"{section.Path} is a single value, but must hold settings of its own: {string.Join(", ", NamesOf(type))}."];
        return section.GetChildren().SelectMany(child =>
            type.GetProperty(child.Key, BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase) is { } property
                ? FindNull(child, property) ?? FindFaults(child, property.PropertyType)
                : [UnknownKey(section, child, type)]);
    }

    /// <summary>A section whose keys are free: which ones exist is for the validation to check.</summary>
    private static IEnumerable<string> FindMapFaults(IConfigurationSection section, Type itemType) => string.IsNullOrEmpty(section.Value)
        ? section.GetChildren().SelectMany(child => FindNullItem(child, itemType) ?? FindFaults(child, itemType))
        : [$"{section.Path} is a single value, but must hold settings of its own, for instance {section.Path}:<name>."];

    /// <summary>The error for a JSON null where a value is required; null when there is none.</summary>
    private static string[]? FindNull(IConfigurationSection section, PropertyInfo property) =>
        section.Value is null && !section.GetChildren().Any() && !IsSection(property.PropertyType)
            && new NullabilityInfoContext().Create(property).WriteState == NullabilityState.NotNull
            ? [$"{section.Path} is null, but must be {Describe(property.PropertyType)}."]
            : null;

    /// <summary>The error for a JSON null in a list of values; null when there is none.</summary>
    private static string[]? FindNullItem(IConfigurationSection item, Type type) =>
        item.Value is null && !item.GetChildren().Any() && !IsSection(type) ? [$"{item.Path} is null, but must be {Describe(type)}."] : null;

    private static IEnumerable<string> FindScalarFault(IConfigurationSection section, Type type)
    {
        if (section.GetChildren().Any()) return [$"{section.Path} holds settings of its own, but must be a single value."];
        var nullable = Nullable.GetUnderlyingType(type);
        if (section.Value is null || type == typeof(string) || (section.Value.Length == 0 && nullable is not null)) return [];
        var target = nullable ?? type;
        try
        {
            var value = TypeDescriptor.GetConverter(target).ConvertFromInvariantString(section.Value);
            if (value is not null && (!target.IsEnum || Enum.GetNames(target).Contains(section.Value, StringComparer.OrdinalIgnoreCase))) return [];
        }
        catch (Exception e) when (e is FormatException or ArgumentException or NotSupportedException or OverflowException)
        {
            // Reported below, like every value of the wrong type.
        }

        return [$"{section.Path} is '{section.Value}', but must be {Describe(target)}."];
    }

    private static string Describe(Type type)
    {
        if (type == typeof(TimeSpan)) return "a duration written hh:mm:ss";
        if (type == typeof(bool)) return "true or false";
        if (type.IsEnum) return string.Join(" or ", Enum.GetNames(type));
        if (type == typeof(string)) return "a text";
        if (type == typeof(double)) return "a number such as 0.01";
        return type == typeof(int) ? "a whole number" : $"a {type.Name}";
    }

    private static string UnknownKey(IConfigurationSection section, IConfigurationSection child, Type type)
    {
        var nearest = NamesOf(type).MinBy(name => EditDistance.Of(name, child.Key));
        var hint = nearest is not null && EditDistance.Of(nearest, child.Key) <= Math.Max(2, child.Key.Length / 3)
            ? $"did you mean {section.Path}:{nearest}?"
            : $"{section.Path} has the settings {string.Join(", ", NamesOf(type))}.";
        return $"{child.Path} is not a known setting; {hint}";
    }

    private static bool IsSection(Type type) => !type.IsValueType && type != typeof(string);

    private static IEnumerable<string> NamesOf(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite).Select(p => p.Name);
}
