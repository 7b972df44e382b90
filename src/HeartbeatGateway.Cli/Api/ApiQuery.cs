using System.Globalization;
using System.Text;

namespace HeartbeatGateway.Cli.Api;

/// <summary>Builds the query of an address. Values that are null are left out.</summary>
internal sealed class ApiQuery
{
    private readonly List<(string Name, string Value)> _items = [];

    public ApiQuery()
    {
    }

    private ApiQuery(IEnumerable<(string Name, string Value)> items) => _items.AddRange(items);

    public ApiQuery Add(string name, string? value)
    {
        if (value is not null) _items.Add((name, value));
        return this;
    }

    public ApiQuery Add(string name, int value) => Add(name, value.ToString(CultureInfo.InvariantCulture));

    public ApiQuery Add(string name, IEnumerable<string> values)
    {
        foreach (var value in values) Add(name, value);
        return this;
    }

    public ApiQuery Copy() => new(_items);

    /// <summary>The query with its question mark; empty without items.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (name, value) in _items) text.Append(text.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        return text.ToString();
    }
}
