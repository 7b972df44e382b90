using System.Text;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Tests;

/// <summary>Runs hbg in this process with an environment from the test; captures exit code, standard output and standard error.</summary>
internal sealed class CliRun
{
    /// <summary>The secret and the date of the worked example in docs/protocol.md.</summary>
    public const string Secret = "sixteen-byte-key";
    public const string Date = "2026-11-22 10:00:00";

    private readonly Dictionary<string, string> _variables = new(StringComparer.Ordinal);
    private readonly MemoryStream _raw = new();

    public TestClock Time { get; } = new(new DateTimeOffset(2026, 11, 22, 10, 0, 0, TimeSpan.Zero));

    /// <summary>The clock of the commands. Tests with real sockets use the system clock. Null for the fake clock.</summary>
    public TimeProvider? Clock { get; init; }

    public Stream Input { get; set; } = Stream.Null;

    public bool IsTerminal { get; init; }

    /// <summary>The width of the terminal; null without one.</summary>
    public int? Width { get; init; }

    public Func<HttpMessageHandler>? Http { get; init; }

    public IKeyboard? Keyboard { get; init; }

    public LineCollector Out { get; } = new();

    public LineCollector Error { get; } = new();

    public string Output => Out.ToString();

    public string Errors => Error.ToString();

    public byte[] RawOutput => _raw.ToArray();

    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public static CliRun WithInput(string text) => new() { Input = new MemoryStream(Encoding.UTF8.GetBytes(text)) };

    public static CliRun WithInput(byte[] bytes) => new() { Input = new MemoryStream(bytes) };

    public CliRun Set(string variable, string value)
    {
        _variables[variable] = value;
        return this;
    }

    /// <summary>Runs a command line whose arguments contain no blanks.</summary>
    public Task<ExitCode> LineAsync(string line, CancellationToken cancellation = default) =>
        RunAsync(cancellation, line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    public Task<ExitCode> RunAsync(params string[] arguments) => RunAsync(CancellationToken.None, arguments);

    public Task<ExitCode> RunAsync(CancellationToken cancellation, params string[] arguments) => Hbg.RunAsync(arguments, Environment(), cancellation);

    /// <summary>Advances the fake clock in steps until a command ends, however many waits it has.</summary>
    public async Task<ExitCode> AdvanceUntilAsync(Task<ExitCode> running, TimeSpan step)
    {
        while (!running.IsCompleted)
        {
            Time.Advance(step);
            await Task.WhenAny(running, Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System));
        }

        return await running;
    }

    public CliEnvironment Environment()
    {
        var environment = new CliEnvironment
        {
            Input = Input,
            IsInputTerminal = IsTerminal,
            Out = Out,
            RawOut = _raw,
            IsOutputTerminal = IsTerminal,
            OutputWidth = () => Width,
            Error = Error,
            IsErrorTerminal = IsTerminal,
            Time = Clock ?? Time,
            Variable = name => _variables.GetValueOrDefault(name),
            Keyboard = Keyboard,
        };
        return Http is null ? environment : environment with { Http = Http };
    }
}
