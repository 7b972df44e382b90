using System.Text;
using HeartbeatGateway.Shared.Logging;

namespace HeartbeatGateway.Server.Tests.Shared;

public sealed class PrintableTextTests
{
    [Theory]
    [InlineData("plain text, {X} and 哈哈哈哈!", "plain text, {X} and 哈哈哈哈!")]
    [InlineData("a\r\nb", "a\\u000D\\u000Ab")]
    [InlineData("\u001b[31mred", "\\u001B[31mred")]
    [InlineData("\u2028\u2029\u0085", "\\u2028\\u2029\\u0085")]
    [InlineData("\u202Eright-to-left\u200B", "\\u202Eright-to-left\\u200B")]
    [InlineData("\0", "\\u0000")]
    public void Control_characters_are_escaped_so_that_the_text_stays_on_one_line(string text, string expected) =>
        Assert.Equal(expected, PrintableText.From(text, 100));

    [Fact]
    public void Long_text_is_cut_with_an_ellipsis_and_never_inside_a_character()
    {
        Assert.Equal("abc…", PrintableText.From("abcd", 3));
        Assert.Equal("abc", PrintableText.From("abc", 3));
        Assert.Equal("ab…", PrintableText.From("ab😀", 3));
        Assert.EndsWith("…", PrintableText.From(Encoding.UTF8.GetBytes(new string('x', 1_000_000)), 200), StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_not_text_are_shown_as_the_replacement_character() =>
        Assert.Equal("\uFFFDa", PrintableText.From([0xFF, (byte)'a'], 10));
}
