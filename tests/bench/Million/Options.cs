using System.Globalization;

namespace HeartbeatGateway.Million;

/// <summary>The options of the command line.</summary>
internal sealed record Options
{
    public const string Usage =
        """
        HeartbeatGateway.Million [--clients 1000000] [--minutes 3 | --seconds 180] [--silent 0.01] [--rate 40000] [--named] [--seed N]
                                 [--bare | --alone] [--Gateway:Section:Key=value ...]

        Connects clients in memory that ping every 5 s to the real service. Exits with 0 when the pass condition of docs/one-million.md holds: every
        client that stopped sending was closed in time, and no other client was closed.
          --clients  the number of clients
          --minutes  how long all clients send heartbeats after the last connect; or --seconds
          --silent   the share of clients that stop sending at a random time
          --rate     connects a second; connecting takes 5 s at least
          --named    clients send a hello, instead of being anonymous
          --seed     makes a run choose the same random times again
          --bare     run only a handler that answers and does nothing else, instead of the gateway
          --alone    run only the gateway, without the bare handler that otherwise runs before it
          --Gateway  a setting of the gateway
        """;

    public int Clients { get; private init; } = 1_000_000;

    /// <summary>How long all clients send heartbeats after the last connect.</summary>
    public TimeSpan Duration { get; private init; } = TimeSpan.FromMinutes(3);

    public double SilentShare { get; private init; } = 0.01;

    public int ConnectsPerSecond { get; private init; } = 40_000;

    public bool IsNamed { get; private init; }

    public bool IsBare { get; private init; }

    public bool IsAlone { get; private init; }

    public int Seed { get; private init; } = Random.Shared.Next();

    /// <summary>Settings that are passed to the gateway unchanged.</summary>
    public IReadOnlyList<string> Settings { get; private init; } = [];

    /// <exception cref="ArgumentException">An argument is unknown or has no value.</exception>
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
                var other => throw new ArgumentException($"'{other}' is not an option.\n{Usage}"),
            };

            string Next() => ++i < arguments.Count ? arguments[i] : throw new ArgumentException($"'{arguments[^1]}' needs a value.\n{Usage}");
            double Number() => double.Parse(Next(), CultureInfo.InvariantCulture);
        }

        return options;
    }
}
