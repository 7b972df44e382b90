using HeartbeatGateway.Configuration;

namespace HeartbeatGateway.Tests.Configuration;

/// <summary>What is shown of URLs.</summary>
public sealed class ShownUrlTests
{
    [Theory]
    [InlineData("http://collector:4317", "http://collector:4317")]
    [InlineData("http://collector:4317/", "http://collector:4317")]
    [InlineData("https://user:password@collector/v1/traces?key=secret#part", "https://collector/v1/traces")]
    [InlineData("https://token@collector", "https://collector")]
    [InlineData("https://collector/?key=secret", "https://collector")]
    [InlineData("http://[::1]:8080;http://*:8081", "http://[::1]:8080; http://*:8081")]
    [InlineData("http://+:80;http://user:password@host:81", "http://+:80; http://host:81")]
    [InlineData("redis://:password@redis:6379/0", "redis://redis:6379/0")]
    [InlineData("pump-*", "pump-*")]
    [InlineData("10.0.0.0/8", "10.0.0.0/8")]
    [InlineData("", "")]
    public void User_info_query_and_fragment_are_removed(string text, string shown) => Assert.Equal(shown, ShownUrl.Redact(text));

    [Theory]
    [InlineData("user:password@proxy:3128")]
    [InlineData("http://user:password@*:8080")]
    [InlineData("http://*:8080?key=secret")]
    [InlineData("http://us er:password@host")]
    [InlineData("http://user:pass;word@host")]
    [InlineData("http://user:pass,word@host")]
    [InlineData("http://user:1?word@host")]
    [InlineData("http://user:1#word@host")]
    [InlineData("http://user:1/word@host")]
    [InlineData("https://collector/v1?key=abc,def")]
    [InlineData("https://collector/v1#abc;def")]
    public void A_text_whose_credentials_cannot_be_told_apart_is_not_shown(string text) => Assert.Null(ShownUrl.Redact(text));
}
