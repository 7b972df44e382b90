using System.Text;

namespace HeartbeatGateway.Cli.Connect;

/// <summary>What a person has typed of a line so far. Moving within the line is not offered; lines here are short.</summary>
internal sealed class LineEditor
{
    private readonly StringBuilder _text = new();

    public string Text => _text.ToString();

    /// <summary>Takes a key.</summary>
    /// <returns>The finished line, when the key finished one.</returns>
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
