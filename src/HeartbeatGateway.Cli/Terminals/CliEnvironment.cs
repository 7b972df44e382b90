using Spectre.Console;

namespace HeartbeatGateway.Cli.Terminals;

/// <summary>The external resources that a command uses: streams, clock, environment variables, HTTP. Tests replace them.</summary>
internal sealed record CliEnvironment
{
    /// <summary>Standard input, as bytes.</summary>
    public required Stream Input { get; init; }

    /// <summary>True when the input is a terminal.</summary>
    public required bool IsInputTerminal { get; init; }

    /// <summary>Standard output, for results.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Standard output, for results that are bytes; flush <see cref="Out"/> before a write.</summary>
    public required Stream RawOut { get; init; }

    /// <summary>True when the output is a terminal: tables are redrawn and coloured.</summary>
    public required bool IsOutputTerminal { get; init; }

    /// <summary>The width of the terminal that shows the output, in characters; null for files and pipes.</summary>
    public Func<int?> OutputWidth { get; init; } = () => null;

    /// <summary>Standard error, for errors, warnings and progress.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>True when standard error is a terminal: progress is redrawn.</summary>
    public required bool IsErrorTerminal { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Reads an environment variable.</summary>
    public required Func<string, string?> Variable { get; init; }

    /// <summary>Creates the handler for HTTP requests.</summary>
    public Func<HttpMessageHandler> Http { get; init; } = () => new SocketsHttpHandler
    {
        ConnectTimeout = TimeSpan.FromSeconds(5),
        Proxy = new LoopbackBypass(HttpClient.DefaultProxy),
    };

    /// <summary>The keyboard of an interactive terminal; null without one.</summary>
    public IKeyboard? Keyboard { get; init; }

    /// <summary>A console that draws on a terminal.</summary>
    public IAnsiConsole Draw(TextWriter writer) => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Out = new AnsiConsoleOutput(writer),
        Ansi = AnsiSupport.Yes,
        // https://no-color.org: any value except an empty one turns colours off.
        ColorSystem = string.IsNullOrEmpty(Variable("NO_COLOR")) ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
        Interactive = InteractionSupport.Yes,
    });

    /// <summary>Writes a warning to standard error.</summary>
    public Task WarnAsync(string text) => Error.WriteLineAsync($"hbg: warning: {text}");

    /// <summary>Writes a warning to standard error.</summary>
    public void Warn(string text) => Error.WriteLine($"hbg: warning: {Printable.From(text)}");
}
