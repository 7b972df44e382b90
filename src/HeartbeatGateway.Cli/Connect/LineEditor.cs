using System.Text;

namespace HeartbeatGateway.Cli.Connect;

/// <summary>The typed part of an unfinished line. It has no cursor movement, because lines are short.</summary>
internal sealed class LineEditor
{
    private readonly StringBuilder _text = new();

    public string Text => _text.ToString();

    /// <summary>Handles a key press.</summary>
    /// <returns>The line, when the key completes it; otherwise null.</returns>
    public string? Press(ConsoleKeyInfo key)
    {
        switch (key.Key)
        {
            case ConsoleKey.Enter:
                var line = _text.ToString();
                _text.Clear();
                return line;
            case ConsoleKey.Backspace:
                RemoveLast();
                break;
            case ConsoleKey.Escape:
            case ConsoleKey.U when key.Modifiers.HasFlag(ConsoleModifiers.Control):
                _text.Clear();
                break;
            default:
                if (key.KeyChar >= ' ' && !char.IsControl(key.KeyChar)) _text.Append(key.KeyChar);
                break;
        }

        return null;
    }

    private void RemoveLast()
    {
        if (_text.Length == 0) return;
        var isPair = _text.Length > 1 && char.IsLowSurrogate(_text[^1]) && char.IsHighSurrogate(_text[^2]);
        _text.Length -= isPair ? 2 : 1;
    }
}
