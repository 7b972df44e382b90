using System.Collections.Frozen;
using System.Globalization;
using System.Net;
using HeartbeatGateway.Shared.Text;
using StackExchange.Redis;

namespace HeartbeatGateway.Redis;

/// <summary>
/// Says what is wrong with a list of servers and options. No sentence has the value of an option, or an element that may be the rest of a password with a
/// comma: StackExchange.Redis splits at each comma, and has no quotes.
/// </summary>
internal static class ConfigurationFaults
{
    private const int MaxNameChars = 32;
    private const string Any = "";
    private const string Flag = "true or false";
    private const string Number = "a whole number";
    private const string Milliseconds = "a whole number of milliseconds, at least 1";

    /// <summary>The options of StackExchange.Redis, and what each must be.</summary>
    internal static readonly FrozenDictionary<string, string> Options = new Dictionary<string, string>
    {
        ["abortConnect"] = Flag,
        ["allowAdmin"] = Flag,
        ["asyncTimeout"] = Milliseconds,
        ["channelPrefix"] = Any,
        ["checkCertificateRevocation"] = Flag,
        ["configChannel"] = Any,
        ["configCheckSeconds"] = "a whole number of seconds, at least 1",
        ["connectRetry"] = "a whole number, at least 0",
        ["connectTimeout"] = Milliseconds,
        ["defaultDatabase"] = "a whole number, at least 0",
        ["highIntegrity"] = Flag,
        ["keepAlive"] = Number,
        ["name"] = Any,
        ["password"] = Any,
        ["protocol"] = "resp2 or resp3",
        ["proxy"] = "none, twemproxy or envoyproxy",
        ["resolveDns"] = Flag,
        ["sentinelPassword"] = Any,
        ["sentinelUser"] = Any,
        ["serviceName"] = Any,
        ["setlib"] = Flag,
        ["ssl"] = Flag,
        ["sslHost"] = Any,
        ["sslProtocols"] = "names of protocols, such as tls12|tls13",
        ["syncTimeout"] = Milliseconds,
        ["tcpKeepAlive"] = Flag,
        ["tiebreaker"] = Any,
        ["tunnel"] = "the address of an HTTP proxy, such as http:proxy:3128",
        ["user"] = Any,
        ["version"] = "a version, such as 7.2",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>The least values that the library does not check itself, and fails with later.</summary>
    private static readonly FrozenDictionary<string, int> Least = new Dictionary<string, int>
    {
        ["configCheckSeconds"] = 1,
        ["connectRetry"] = 0,
        ["connectTimeout"] = 1,
        ["defaultDatabase"] = 0,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>The first fault, as a sentence; null for none.</summary>
    public static string? Find(string text)
    {
        // From a password to the next option that is known, all may be a part of the password.
        var isSecret = false;
        foreach (var (index, padded) in text.Split(',').Index())
        {
            var element = padded.Trim();
            if (element.Length == 0) continue;
            var equals = element.IndexOf('=');
            var name = equals > 0 ? element[..equals].Trim() : "";
            var isOption = name.Length > 0 && IsKnown(name) && !(isSecret && name[0] == '$');
            if (isSecret && !isOption)
            {
                return $"Element {index + 1} follows a password, and is no option with a known name. "
                    + "A password cannot contain a comma here. Servers stand before the password.";
            }

            var fault = equals < 0 ? OfServer(index + 1, element) : OfOption(index + 1, element, name, isOption);
            if (fault is not null) return fault;
            if (isOption) isSecret = name.EndsWith("password", StringComparison.OrdinalIgnoreCase);
        }

        return text.AsSpan().Trim().IsEmpty ? "It names no server." : null;
    }

    private static string? OfOption(int place, string element, string name, bool isKnown)
    {
        if (name.Length == 0) return $"Element {place} has no name before '='.";
        if (!isKnown) return OfUnknown(place, name, element[(element.IndexOf('=') + 1)..].Trim());
        if (CanRead(element) && !IsTooSmall(name, element)) return null;
        return Options.TryGetValue(name, out var form) && form != Any
            ? $"Option '{Spelled(name)}' (element {place}) must be {form}."
            : $"The value of element {place}, an option, cannot be read.";
    }

    /// <summary>A secret without a name may end with '=', as Base64 does, so it is not taken for a name.</summary>
    private static string OfUnknown(int place, string name, string value)
    {
        if (name.Length > MaxNameChars || !name.All(char.IsAsciiLetter) || value.Trim('=').Length == 0)
        {
            return $"Element {place} is an option whose name is not known. "
                + "Servers and options are separated by commas, and a password cannot contain one.";
        }

        var nearest = Options.Keys.MinBy(known => EditDistance.Of(known, name))!;
        return EditDistance.Of(nearest, name) <= Math.Max(2, name.Length / 3)
            ? $"Option '{name}' (element {place}) is not known; did you mean '{nearest}'?"
            : $"Option '{name}' (element {place}) is not known. The options are those of StackExchange.Redis.";
    }

    /// <summary>A wrong port is left out: in 'name:secret' it would be the secret.</summary>
    private static string? OfServer(int place, string element)
    {
        if (element[0] == '!') return element.Length > 1 ? null : $"Element {place} has no path of a socket after '!'.";
        if (Options.ContainsKey(element)) return $"Option '{Spelled(element)}' (element {place}) has no value: write '{Spelled(element)}=…'.";
        if (element.AsSpan().ContainsAny('/', '@'))
        {
            return $"Element {place} is no server: it has '/' or '@'. "
                + "A URL cannot be read; write 'redis-1:6379,user=gateway,password=…,ssl=true'.";
        }

        var (host, port) = Split(element);
        if (host is null) return $"Element {place} is no server: write 'host:port', with an IPv6 address '[::1]:6379'.";
        if (port is null || (ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0)) return null;
        return $"The port of the server '{host}' (element {place}) must be a number from 1 to 65535.";
    }

    /// <returns>A host that can be one, else null; its port as text, null for none.</returns>
    private static (string? Host, string? Port) Split(string element)
    {
        if (element[0] == '[')
        {
            var end = element.IndexOf(']');
            var isAddress = end > 0 && IPAddress.TryParse(element.AsSpan(1, end - 1), out _);
            if (!isAddress) return default;
            if (end == element.Length - 1) return (element, null);
            return element[end + 1] == ':' ? (element[..(end + 1)], element[(end + 2)..]) : default;
        }

        var parts = element.Split(':');
        if (parts.Length > 2) return IPAddress.TryParse(element, out _) ? (element, null) : default;
        var host = parts[0];
        var isHost = host.Length is > 0 and <= 255 && host.All(c => char.IsLetterOrDigit(c) || c is '.' or '-' or '_');
        return isHost ? (host, parts.Length == 2 ? parts[1] : null) : default;
    }

    private static bool IsTooSmall(string name, string element) => Least.TryGetValue(name, out var least)
        && int.Parse(element.AsSpan(element.IndexOf('=') + 1), NumberStyles.Integer, CultureInfo.InvariantCulture) < least;

    private static string Spelled(string name) => Options.Keys.First(known => known.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The library accepts all values of names that it does not know, if it is told to ignore these.</summary>
    private static bool IsKnown(string name) => CanRead($"{name}=") || !CanRead($"{name}=", ignoreUnknown: true);

    private static bool CanRead(string element, bool ignoreUnknown = false)
    {
        try
        {
            ConfigurationOptions.Parse(element, ignoreUnknown);
            return true;
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            return false;
        }
    }
}
