using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Tests.Terminals;

public sealed class PrintableTests
{
    [Theory]
    [InlineData("plain ü 😀", "plain ü 😀")]
    [InlineData("a\u001b[2Jb", "a\\u001B[2Jb")]
    [InlineData("a\nb\u2028c\u202ed", "a\\u000Ab\\u2028c\\u202Ed")]
    public void What_moves_the_cursor_is_written_out(string text, string shown) => Assert.Equal(shown, Printable.From(text));

    [Fact]
    public void Long_texts_are_cut_between_characters()
    {
        Assert.Equal("ab…", Printable.From("abc", 2));
        Assert.Equal("a…", Printable.From("a😀", 2));
        Assert.Equal("a😀", Printable.From("a😀", 3));
    }

    [Theory]
    [InlineData("68690a", "hi\n")]
    [InlineData("", "")]
    [InlineData("ff", null)]
    [InlineData("6869001b", null)]
    public void Bytes_are_text_or_they_are_not(string hex, string? text) => Assert.Equal(text, Printable.TextOf(Convert.FromHexString(hex)));
}
