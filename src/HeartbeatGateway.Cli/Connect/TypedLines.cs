using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Connect;

/// <summary>Reads lines from the keyboard and shows them while they are typed.</summary>
internal sealed class TypedLines(IKeyboard keyboard, TerminalConnectView view) : ILineSource
{
    private const char EndOfTransmission = '\u0004';

    private readonly LineEditor _editor = new();

    public async ValueTask<string?> ReadAsync(CancellationToken cancellation)
    {
        while (await keyboard.ReadAsync(cancellation) is { } key)
        {
            var isEnd = key.KeyChar == EndOfTransmission || key is { Key: ConsoleKey.D, Modifiers: ConsoleModifiers.Control };
            if (_editor.Text.Length == 0 && isEnd) return null;
            var line = _editor.Press(key);
            view.Typed(_editor.Text);
            if (line is not null) return line;
        }

        return null;
    }
}
