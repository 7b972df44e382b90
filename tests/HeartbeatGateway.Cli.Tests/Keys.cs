using System.Threading.Channels;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Tests;

/// <summary>A keyboard whose key presses come from the test.</summary>
internal sealed class Keys : IKeyboard
{
    private readonly Channel<ConsoleKeyInfo> _keys = Channel.CreateUnbounded<ConsoleKeyInfo>();

    public void Press(char character) => _keys.Writer.TryWrite(new ConsoleKeyInfo(character, Key(character), shift: false, alt: false, control: false));

    public void Press(ConsoleKey key) => _keys.Writer.TryWrite(new ConsoleKeyInfo('\0', key, shift: false, alt: false, control: false));

    public async ValueTask<ConsoleKeyInfo?> ReadAsync(CancellationToken cancellation) => await _keys.Reader.ReadAsync(cancellation);

    private static ConsoleKey Key(char character) => character switch
    {
        '\r' => ConsoleKey.Enter,
        '\b' => ConsoleKey.Backspace,
        _ when char.IsAsciiLetter(character) => Enum.Parse<ConsoleKey>(char.ToUpperInvariant(character).ToString()),
        _ => default,
    };
}
