using Spectre.Console;

namespace HeartbeatGateway.Cli.Terminals;

/// <summary>All that a command touches of the world outside: streams, clock, environment, HTTP. Tests bring their own.</summary>
internal sealed record CliEnvironment
{
    /// <summary>Standard input, as bytes.</summary>
    public required Stream Input { get; init; }

    /// <summary>True when a person types the input.</summary>
    public required bool IsInputTerminal { get; init; }

    /// <summary>Where results go.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>The same, for results that are bytes; flush <see cref="Out"/> before.</summary>
    public required Stream RawOut { get; init; }

    /// <summary>True when a person reads the output: tables may be redrawn and coloured.</summary>
    public required bool IsOutputTerminal { get; init; }

    /// <summary>Where errors, warnings and progress go.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>True when a person reads the errors: progress may be redrawn.</summary>
    public required bool IsErrorTerminal { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Reads an environment variable.</summary>
    public required Func<string, string?> Variable { get; init; }

    /// <summary>Makes what HTTP requests go through.</summary>
    public Func<HttpMessageHandler> Http { get; init; } = () => new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(5) };

    /// <summary>Keys as they are typed, when a person types them; null otherwise.</summary>
    public IKeyboard? Keyboard { get; init; }

    /// <summary>Draws on a terminal.</summary>
    public IAnsiConsole Draw(TextWriter writer) => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Out = new AnsiConsoleOutput(writer),
        Ansi = AnsiSupport.Yes,
        // https://no-color.org: any value but an empty one.
        ColorSystem = string.IsNullOrEmpty(Variable("NO_COLOR")) ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
        Interactive = InteractionSupport.Yes,
    });

    /// <summary>Says something on standard error that is no reason to stop.</summary>
    public Task WarnAsync(string text) => Error.WriteLineAsync($"hbg: warning: {text}");
}
