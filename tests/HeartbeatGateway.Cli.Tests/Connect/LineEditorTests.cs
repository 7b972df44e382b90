using HeartbeatGateway.Cli.Connect;

namespace HeartbeatGateway.Cli.Tests.Connect;

public sealed class LineEditorTests
{
    [Fact]
    public void Enter_returns_the_typed_line()
    {
        var editor = new LineEditor();
        foreach (var character in "añ") Assert.Null(editor.Press(Key(character)));
        Assert.Equal("añ", editor.Text);
        Assert.Equal("añ", editor.Press(Key('\r', ConsoleKey.Enter)));
        Assert.Equal("", editor.Text);
    }

    [Fact]
    public void Backspace_removes_a_whole_character()
    {
        var editor = new LineEditor();
        foreach (var character in "a😀") editor.Press(Key(character));
        editor.Press(Key('\b', ConsoleKey.Backspace));
        Assert.Equal("a", editor.Text);
        editor.Press(Key('\b', ConsoleKey.Backspace));
        editor.Press(Key('\b', ConsoleKey.Backspace));
        Assert.Equal("", editor.Text);
    }

    [Fact]
    public void Escape_clears_the_line_and_other_keys_do_nothing()
    {
        var editor = new LineEditor();
        editor.Press(Key('a'));
        editor.Press(Key('\0', ConsoleKey.UpArrow));
        editor.Press(Key('\t', ConsoleKey.Tab));
        Assert.Equal("a", editor.Text);
        editor.Press(Key('\u001b', ConsoleKey.Escape));
        Assert.Equal("", editor.Text);
    }

    private static ConsoleKeyInfo Key(char character, ConsoleKey key = default) => new(character, key, shift: false, alt: false, control: false);
}
