using System.Text;
using Microsoft.Win32.SafeHandles;

namespace HeartbeatGateway.Cli.Terminals;

/// <summary>The environment of a real process: its own streams and clock.</summary>
internal sealed class ProcessCliEnvironment : IAsyncDisposable
{
    private const int StandardOutput = 1;

    private readonly TextWriter _output;

    private ProcessCliEnvironment()
    {
        // A terminal with TERM=dumb gets plain lines, as a file does.
        var isDumb = Environment.GetEnvironmentVariable("TERM") == "dumb";
        var hasInput = !StandardInput.IsClosed && (Console.IsInputRedirected || !StandardInput.IsInBackground);
        var hasTerminal = hasInput && !Console.IsInputRedirected;
        var raw = OpenOutput();
        _output = new StreamWriter(raw, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true, NewLine = "\n" };
        Value = new CliEnvironment
        {
            Input = hasInput ? new ReadableInput(Console.OpenStandardInput()) : Stream.Null,
            IsInputTerminal = hasTerminal,
            Out = _output,
            RawOut = raw,
            IsOutputTerminal = !Console.IsOutputRedirected && !isDumb,
            OutputWidth = () => Console.IsOutputRedirected || Console.WindowWidth <= 0 ? null : Console.WindowWidth,
            Error = Console.Error,
            IsErrorTerminal = !Console.IsErrorRedirected && !isDumb,
            Time = TimeProvider.System,
            Variable = Environment.GetEnvironmentVariable,
            Keyboard = !hasTerminal || Console.IsOutputRedirected || isDumb ? null : new ConsoleKeyboard(),
        };
    }

    public CliEnvironment Value { get; }

    public static ProcessCliEnvironment Open() => new();

    public ValueTask DisposeAsync() => _output.DisposeAsync();

    /// <summary>
    /// The stream of .NET ignores a broken pipe, so <c>hbg top | head</c> would never end; a plain file stream throws.
    /// A plain file stream is not used for files: it keeps its own position and would overwrite the output of other processes.
    /// </summary>
    private static Stream OpenOutput()
    {
        if (OperatingSystem.IsWindows() || !Console.IsOutputRedirected) return Console.OpenStandardOutput();
        var pipe = new FileStream(new SafeFileHandle(StandardOutput, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        if (!pipe.CanSeek) return pipe;
        pipe.Dispose();
        return Console.OpenStandardOutput();
    }
}
