using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Tests.Terminals;

public sealed class PrintableTests
{
    [Theory]
    [InlineData("plain ü 😀", "plain ü 😀")]
    [InlineData("a\u001b[2Jb", "a\\u001B[2Jb")]
    [InlineData("a\nb\u2028c\u202ed", "a\\u000Ab\\u2028c\\u202Ed")]
    public void Escapes_control_and_format_characters(string text, string shown) => Assert.Equal(shown, Printable.From(text));

    [Fact]
    public void Cuts_long_text_between_characters()
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
    public void Returns_text_only_for_UTF8_without_control_characters(string hex, string? text) =>
        Assert.Equal(text, Printable.TextOf(Convert.FromHexString(hex)));
}
