// The digest scheme exists for fleets that already use these algorithms.
#pragma warning disable CA5350, CA5351
using System.Security.Cryptography;
using System.Text;
using CsCheck;
using HeartbeatGateway.Protocol.Tests.Support;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Protocol.Tests.Tokens;

public class DigestRecipeTests
{
    [Fact]
    public void The_default_is_SHA1_in_hex_over_the_articles_fields()
    {
        Assert.Equal("{magic}{length}{created}{content}{secret}", DigestRecipe.DefaultRecipe);
        Assert.Equal(40, DigestRecipe.Default.TokenLength);
        var digest = SHA1.HashData(Encoding.UTF8.GetBytes("118" + "5" + TestFrame.NowText + "hello" + TestFrame.Secret));
        Assert.Equal(Convert.ToHexStringLower(digest), TokenOf(DigestRecipe.Default, "message", "hello"));
    }

    [Theory]
    [InlineData("MD5", DigestOutput.Hex, 32)]
    [InlineData("MD5", DigestOutput.Base64Url, 22)]
    [InlineData("SHA1", DigestOutput.Hex, 40)]
    [InlineData("SHA1", DigestOutput.Base64Url, 27)]
    [InlineData("SHA256", DigestOutput.Base64Url, 43)]
    public void A_token_has_the_length_of_its_digest(string algorithm, DigestOutput output, int length)
    {
        Assert.True(DigestRecipe.TryCreate(algorithm, output, "{secret}", out var recipe, out var error), error);
        Assert.Null(error);
        Assert.Equal(length, recipe.TokenLength);
        Assert.Equal(length, TokenOf(recipe, "ping", "").Length);
    }

    [Fact]
    public void Rejects_a_token_that_does_not_fit_the_token_field() => AssertRefused("SHA256", DigestOutput.Hex, "{secret}", "64");

    [Theory]
    [InlineData("SHA512")]
    [InlineData("SHA-1")]
    [InlineData("CRC32")]
    [InlineData("")]
    public void Rejects_an_unsupported_algorithm(string algorithm) => AssertRefused(algorithm, DigestOutput.Base64Url, "{secret}", algorithm);

    [Theory]
    [InlineData("{magic}{content}")]
    [InlineData("secret")]
    [InlineData("")]
    public void Rejects_a_recipe_without_the_secret(string recipe) => AssertRefused("SHA1", DigestOutput.Hex, recipe, "{secret}");

    [Theory]
    [InlineData("{secret}{token}")]
    [InlineData("{secret}{}")]
    [InlineData("{secret}{")]
    [InlineData("{secret}{magic")]
    [InlineData("{secret}{literal}")]
    [InlineData("{secret}{Literal}")]
    [InlineData("{secret}{1}")]
    [InlineData("{secret}{+1}")]
    [InlineData("{secret}{-1}")]
    [InlineData("{secret}{ 1}")]
    [InlineData("{secret}{99}")]
    [InlineData("{secret}{magic,length}")]
    [InlineData("{secret}{magic, type}")]
    [InlineData("{secret}{{magic}}")]
    public void Rejects_an_unknown_field(string recipe) => AssertRefused("SHA1", DigestOutput.Hex, recipe, "{magic}");

    [Theory]
    [InlineData("a}{secret}", "a}key")]
    [InlineData("{secret}}", "key}")]
    [InlineData("|{type}|{secret}|ü", "|message|key|ü")]
    [InlineData("{secret}{secret}{length}{length}", "keykey55")]
    [InlineData("{content}{magic}{created}{secret}", "hello1182026-11-22 10:00:00key")]
    public void Replaces_the_fields_and_keeps_the_other_text(string text, string digested)
    {
        Assert.True(DigestRecipe.TryCreate("MD5", DigestOutput.Hex, text, out var recipe, out var error), error);
        Assert.Equal(Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(digested))), TokenOf(recipe, "message", "hello", "key"));
    }

    [Fact]
    public void Any_text_is_parsed_or_rejected_with_an_error() => Gen.String[Gen.Char["{}secrt1+-, "], 0, 12].Sample(text =>
        DigestRecipe.TryCreate("MD5", DigestOutput.Hex, text + "{secret}", out var recipe, out var error)
            ? error is null && TokenOf(recipe, "message", "x").Length == 32
            : error is not null);

    [Fact]
    public void Recipes_do_not_depend_on_the_culture() => OddCulture.Each(() =>
    {
        Assert.True(DigestRecipe.TryCreate("md5", DigestOutput.Hex, "{magic}{TYPE}{length}{secret}", out _, out var error), error);
        The_default_is_SHA1_in_hex_over_the_articles_fields();
    });

    private static void AssertRefused(string algorithm, DigestOutput output, string recipe, string mentioned)
    {
        Assert.False(DigestRecipe.TryCreate(algorithm, output, recipe, out _, out var error));
        Assert.Contains(mentioned, error, StringComparison.Ordinal);
    }

    private static string TokenOf(DigestRecipe recipe, string type, string content, string secret = TestFrame.Secret)
    {
        var options = new TokenKeyringOptions { Scheme = TokenScheme.Digest, Digest = recipe, Secrets = [new TokenSecret("k1", secret)] };
        var keyring = new TokenKeyring(options, TokenRole.Client);
        var frame = keyring.Keys[0].Bare.Encode(Encoding.UTF8.GetBytes(type), Encoding.UTF8.GetBytes(content), TestFrame.Now).ToArray();
        Assert.True(TestFrame.Verify(keyring, frame).IsVerified);
        return Encoding.ASCII.GetString(frame, 58, 50).TrimEnd('\0');
    }
}
