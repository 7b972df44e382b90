using System.Text;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Protocol.Tests.Tokens;

public class SecretFileTests
{
    private const string Secret = "sixteen-byte-key";

    [Theory]
    [InlineData("sixteen-byte-key")]
    [InlineData("sixteen-byte-key\n")]
    [InlineData("sixteen-byte-key\r\n")]
    [InlineData("\uFEFFsixteen-byte-key")]
    [InlineData("\uFEFFsixteen-byte-key\r\n")]
    public void Removes_one_byte_order_mark_and_one_newline(string content)
    {
        Assert.True(SecretFile.TryRead(Encoding.UTF8.GetBytes(content), out var text, out var warnings, out var error));
        Assert.Equal(Secret, text);
        Assert.Empty(warnings);
        Assert.Null(error);
    }

    [Theory]
    [InlineData("sixteen-byte-key\n\n", "sixteen-byte-key\n", "ends with more than one line end")]
    [InlineData("sixteen-byte-key\r\n\r\n", "sixteen-byte-key\r\n", "ends with more than one line end")]
    [InlineData("sixteen-byte-key\r", "sixteen-byte-key\r", "ends with more than one line end")]
    [InlineData("sixteen-byte-key \n", "sixteen-byte-key ", "ends with a blank")]
    [InlineData("sixteen-byte-key\t", "sixteen-byte-key\t", "ends with a blank")]
    [InlineData(" sixteen-byte-key", " sixteen-byte-key", "begins with a blank")]
    [InlineData("\nsixteen-byte-key", "\nsixteen-byte-key", "begins with an empty line")]
    [InlineData("first\nsecond\n", "first\nsecond", "has several lines")]
    [InlineData("\"sixteen-byte-key\"\n", "\"sixteen-byte-key\"", "has quotes around the secret")]
    [InlineData("'sixteen-byte-key'", "'sixteen-byte-key'", "has quotes around the secret")]
    [InlineData("\uFEFF\uFEFFsixteen-byte-key", "\uFEFFsixteen-byte-key", "contains a byte order mark after its start")]
    public void Warns_of_a_probable_mistake_and_keeps_the_bytes(string content, string secret, string warning)
    {
        Assert.True(SecretFile.TryRead(Encoding.UTF8.GetBytes(content), out var text, out var warnings, out _));
        Assert.Equal(secret, text);
        Assert.Contains(warnings, w => w.StartsWith(warning, StringComparison.Ordinal));
        Assert.All(warnings, w => Assert.DoesNotContain("sixteen", w, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("pass\"word-with-a-quote")]
    [InlineData("'only-at-the-start")]
    [InlineData("two words inside it")]
    [InlineData("schlüssel-ñ-密钥-😀")]
    [InlineData("")]
    [InlineData("\n")]
    public void Does_not_warn_of_other_text(string content)
    {
        Assert.True(SecretFile.TryRead(Encoding.UTF8.GetBytes(content), out var text, out var warnings, out _));
        Assert.Equal(content.TrimEnd('\n'), text);
        Assert.Empty(warnings);
    }

    [Theory]
    [InlineData("FF0102030405060708090A0B0C0D0E0F", "is not UTF-8: the byte at offset 0")]
    [InlineData("6162C3", "is not UTF-8: the byte at offset 2")]
    [InlineData("EDA080EDA080", "is not UTF-8: the byte at offset 0")]
    [InlineData("C080C080C080C080", "is not UTF-8: the byte at offset 0")]
    [InlineData("FFFE61006200", "is UTF-16, but must be UTF-8")]
    [InlineData("FEFF00610062", "is UTF-16, but must be UTF-8")]
    [InlineData("610062006300", "contains a NUL byte")]
    public void Refuses_bytes_that_are_not_text(string hex, string expected)
    {
        Assert.False(SecretFile.TryRead(Convert.FromHexString(hex), out var text, out var warnings, out var error));
        Assert.StartsWith(expected, error, StringComparison.Ordinal);
        Assert.Equal("", text);
        Assert.Empty(warnings);
    }

    [Fact]
    public void Accepts_the_largest_content_and_refuses_one_byte_more()
    {
        var content = new byte[SecretFile.MaxBytes + 1];
        content.AsSpan().Fill((byte)'a');
        Assert.True(SecretFile.TryRead(content.AsSpan(1), out _, out _, out _));
        Assert.False(SecretFile.TryRead(content, out _, out _, out var error));
        Assert.Equal("has 65537 bytes, but a secret file has at most 65536", error);
    }
}
