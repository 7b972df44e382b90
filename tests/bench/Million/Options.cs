using System.Globalization;

namespace HeartbeatGateway.Million;

/// <summary>What the command line asks for.</summary>
internal sealed record Options
{
    public const string Usage =
        """
        HeartbeatGateway.Million [--clients 1000000] [--minutes 3 | --seconds 180] [--silent 0.01] [--rate 40000] [--named] [--seed N] [--bare | --alone] [--Gateway:Section:Key=value ...]

        Holds clients in memory that beat every 5 s, through the real service, and exits with 0 when nobody was closed who was heard and everybody was who
        fell silent.
          --silent   the share of clients that fall silent at some time
          --rate     connects a second; they take 5 s at least
          --named    clients that say hello, instead of anonymous ones
          --bare     a handler that only answers instead of the gateway, to compare with; done first anyway, unless --alone
        """;

    public int Clients { get; private init; } = 1_000_000;

    /// <summary>How long all of them beat, from the last connect on.</summary>
    public TimeSpan Duration { get; private init; } = TimeSpan.FromMinutes(3);

    public double SilentShare { get; private init; } = 0.01;

    public int ConnectsPerSecond { get; private init; } = 40_000;

    public bool IsNamed { get; private init; }

    public bool IsBare { get; private init; }

    public bool IsAlone { get; private init; }

    public int Seed { get; private init; } = Random.Shared.Next();

    /// <summary>Settings of the gateway's, as they stand.</summary>
    public IReadOnlyList<string> Settings { get; private init; } = [];

    /// <exception cref="ArgumentException">An argument means nothing.</exception>
    public static Options Parse(IReadOnlyList<string> arguments)
    {
        var options = new Options();
        for (var i = 0; i < arguments.Count; i++)
        {
            options = arguments[i] switch
            {
                "--clients" => options with { Clients = int.Parse(Next(), CultureInfo.InvariantCulture) },
                "--minutes" => options with { Duration = TimeSpan.FromMinutes(Number()) },
                "--seconds" => options with { Duration = TimeSpan.FromSeconds(Number()) },
                "--silent" => options with { SilentShare = Number() },
                "--rate" => options with { ConnectsPerSecond = int.Parse(Next(), CultureInfo.InvariantCulture) },
                "--seed" => options with { Seed = int.Parse(Next(), CultureInfo.InvariantCulture) },
                "--named" => options with { IsNamed = true },
                "--bare" => options with { IsBare = true },
                "--alone" => options with { IsAlone = true },
                var setting when setting.StartsWith("--Gateway:", StringComparison.Ordinal) && setting.Contains('=', StringComparison.Ordinal) =>
                    options with { Settings = [.. options.Settings, setting] },
                var other => throw new ArgumentException($"'{other}' means nothing here.\n{Usage}"),
            };

            string Next() => ++i < arguments.Count ? arguments[i] : throw new ArgumentException($"'{arguments[^1]}' needs a value.\n{Usage}");
            double Number() => double.Parse(Next(), CultureInfo.InvariantCulture);
        }

        return options;
    }
}
