using System.Globalization;

namespace HeartbeatGateway.Cli.Top;

/// <summary>Formats numbers for columns.</summary>
internal static class Numbers
{
    /// <summary>Formats a number: whole from 10 on, with one decimal digit below 10, with the suffix k, M or G from 100,000 on.</summary>
    public static string Short(double value) => value switch
    {
        >= 1e9 => Format(value / 1e9, "0.0'G'"),
        >= 1e6 => Format(value / 1e6, "0.0'M'"),
        >= 1e5 => Format(value / 1e3, "0'k'"),
        >= 10 or 0 => Format(value, "0"),
        _ => Format(value, "0.#"),
    };

    /// <summary>Bytes in binary units.</summary>
    public static string Bytes(double value) => value switch
    {
        >= 1 << 30 => Format(value / (1 << 30), "0.0 'GiB'"),
        >= 1 << 20 => Format(value / (1 << 20), "0.0 'MiB'"),
        >= 1 << 10 => Format(value / (1 << 10), "0.0 'KiB'"),
        _ => Format(value, "0 'B'"),
    };

    private static string Format(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
