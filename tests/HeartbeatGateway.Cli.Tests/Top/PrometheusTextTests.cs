using CsCheck;
using HeartbeatGateway.Cli.Top;

namespace HeartbeatGateway.Cli.Tests.Top;

public sealed class PrometheusTextTests
{
    [Fact]
    public void Reads_names_labels_and_values()
    {
        var samples = PrometheusText.Parse("# a comment\n\nup 1\nhttp_total{code=\"200\", path=\"a\\\"b\\\\c\\nd, }\"} 1.5e3 1395066363000\nx{} +Inf\ny NaN\r\n");
        Assert.Equal(["up", "http_total", "x", "y"], samples.Select(s => s.Name));
        Assert.Equal("200", samples[1].Labels["code"]);
        Assert.Equal("a\"b\\c\nd, }", samples[1].Labels["path"]);
        Assert.Equal(1500, samples[1].Value);
        Assert.Equal(double.PositiveInfinity, samples[2].Value);
        Assert.Equal(double.NaN, samples[3].Value);
    }

    [Theory]
    [InlineData("up")]
    [InlineData("up one")]
    [InlineData("1up 1")]
    [InlineData("up{a=\"b\" 1")]
    [InlineData("up{a=b} 1")]
    [InlineData("up{a=\"b} 1")]
    [InlineData("up 1 2 3")]
    [InlineData("<html>")]
    public void Reports_the_line_number_of_an_invalid_sample(string line) =>
        Assert.Contains("line 2", Assert.Throws<FormatException>(() => PrometheusText.Parse($"ok 1\n{line}")).Message, StringComparison.Ordinal);

    [Fact]
    public void Arbitrary_text_throws_only_a_format_exception() => Gen.OneOf("a_{}=\"\\,1. \n#+Inf".ToCharArray()).Array[0, 60].Sample(characters =>
    {
        try
        {
            PrometheusText.Parse(new string(characters));
        }
        catch (FormatException)
        {
            // One of the two allowed results.
        }
    });
}
