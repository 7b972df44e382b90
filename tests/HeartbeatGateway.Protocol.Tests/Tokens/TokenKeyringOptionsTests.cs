using System.Collections.Immutable;
using HeartbeatGateway.Protocol.Tests.Support;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Protocol.Tests.Tokens;

public class TokenKeyringOptionsTests
{
    private const string Long = "0123456789abcdef";

    [Fact]
    public void The_defaults_match_the_protocol_document()
    {
        var options = new TokenKeyringOptions();
        Assert.Equal(TokenScheme.HmacSha256, options.Scheme);
        Assert.Equal(TimeSpan.FromMinutes(5), options.MaxAge);
        Assert.Equal("UTC", options.TimeZone.Name);
        Assert.Same(DigestRecipe.Default, options.Digest);
    }

    [Theory]
    [InlineData(TokenScheme.HmacSha256)]
    [InlineData(TokenScheme.Digest)]
    public void Throws_without_a_secret_when_the_scheme_requires_one(TokenScheme scheme)
    {
        foreach (var secrets in (ImmutableArray<TokenSecret>[])[[], default])
        {
            Assert.Throws<ArgumentException>(() => Make(scheme, secrets));
        }
    }

    [Theory]
    [InlineData(TokenScheme.HmacSha256)]
    [InlineData(TokenScheme.Digest)]
    public void Throws_for_a_duplicate_key_id(TokenScheme scheme)
    {
        var error = Assert.Throws<ArgumentException>(() => Make(scheme, [new("a", Long), new("b", Long + "2"), new("a", Long + "3")]));
        Assert.DoesNotContain(Long, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Key_ids_are_case_sensitive() =>
        Assert.Equal(2, Make(TokenScheme.HmacSha256, [new("a", Long), new("A", Long + "2")]).Keys.Length);

    [Fact]
    public void Throws_for_an_hmac_secret_below_16_bytes()
    {
        Assert.Single(Make(TokenScheme.HmacSha256, [new("a", Long)]).Keys);
        var error = Assert.Throws<ArgumentException>(() => Make(TokenScheme.HmacSha256, [new("b", Long), new("weak", Long[..15])]));
        Assert.Contains("weak", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Long[..15], error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_secret_length_is_counted_in_UTF8_bytes()
    {
        Assert.Equal(16, new TokenSecret("a", "пассворд").Length);
        Assert.Single(Make(TokenScheme.HmacSha256, [new("a", "пассворд")]).Keys);
        Assert.Throws<ArgumentException>(() => Make(TokenScheme.HmacSha256, [new("a", "пассвор1")]));
    }

    [Fact]
    public void The_digest_scheme_accepts_short_secrets() =>
        Assert.Single(Make(TokenScheme.Digest, [new("a", "key")]).Keys);

    [Fact]
    public void The_none_scheme_ignores_secrets() =>
        Assert.Single(Make(TokenScheme.None, default).Keys);

    [Fact]
    public void Throws_for_a_scheme_outside_the_enumeration() =>
        Assert.ThrowsAny<ArgumentException>(() => Make((TokenScheme)9, [new("a", Long)]));

    [Fact]
    public void No_text_form_shows_a_secret()
    {
        var secret = new TokenSecret("k1", TestFrame.Secret);
        var options = new TokenKeyringOptions { Secrets = [secret] };
        var keyring = new TokenKeyring(options, TokenRole.Gateway);
        var verdict = TestFrame.Ping().Signed().VerifyBy(keyring);
        foreach (var thing in (object[])[secret, options, keyring, keyring.Keys[0], keyring.Keys[0].Bare, keyring.Keys[0].Named, verdict])
        {
            Assert.DoesNotContain(TestFrame.Secret, thing.ToString(), StringComparison.Ordinal);
        }

        Assert.Equal("k1", secret.ToString());
        Assert.Equal("k1", keyring.Keys[0].ToString());
    }

    private static TokenKeyring Make(TokenScheme scheme, ImmutableArray<TokenSecret> secrets) =>
        new(new TokenKeyringOptions { Scheme = scheme, Secrets = secrets }, TokenRole.Gateway);
}
