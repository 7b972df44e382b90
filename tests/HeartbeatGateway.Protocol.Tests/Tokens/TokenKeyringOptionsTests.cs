using System.Collections.Immutable;
using HeartbeatGateway.Protocol.Tests.Support;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Protocol.Tests.Tokens;

public class TokenKeyringOptionsTests
{
    private const string Long = "0123456789abcdef";

    [Fact]
    public void The_defaults_are_those_of_the_protocol()
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
    public void A_scheme_with_secrets_needs_one(TokenScheme scheme)
    {
        foreach (var secrets in (ImmutableArray<TokenSecret>[])[[], default])
        {
            Assert.Throws<ArgumentException>(() => Make(scheme, secrets));
        }
    }

    [Theory]
    [InlineData(TokenScheme.HmacSha256)]
    [InlineData(TokenScheme.Digest)]
    public void Two_secrets_may_not_have_the_same_id(TokenScheme scheme)
    {
        var error = Assert.Throws<ArgumentException>(() => Make(scheme, [new("a", Long), new("b", Long + "2"), new("a", Long + "3")]));
        Assert.DoesNotContain(Long, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Ids_that_differ_in_case_are_two_ids() =>
        Assert.Equal(2, Make(TokenScheme.HmacSha256, [new("a", Long), new("A", Long + "2")]).Keys.Length);

    [Fact]
    public void A_secret_for_hmac_has_at_least_16_bytes()
    {
        Assert.Single(Make(TokenScheme.HmacSha256, [new("a", Long)]).Keys);
        var error = Assert.Throws<ArgumentException>(() => Make(TokenScheme.HmacSha256, [new("b", Long), new("weak", Long[..15])]));
        Assert.Contains("weak", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Long[..15], error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_secret_is_measured_in_bytes_of_UTF8()
    {
        Assert.Equal(16, new TokenSecret("a", "пассворд").Length);
        Assert.Single(Make(TokenScheme.HmacSha256, [new("a", "пассворд")]).Keys);
        Assert.Throws<ArgumentException>(() => Make(TokenScheme.HmacSha256, [new("a", "пассвор1")]));
    }

    [Fact]
    public void A_digest_lives_with_the_secrets_that_its_fleet_has() =>
        Assert.Single(Make(TokenScheme.Digest, [new("a", "key")]).Keys);

    [Fact]
    public void Without_a_scheme_secrets_are_not_looked_at() =>
        Assert.Single(Make(TokenScheme.None, default).Keys);

    [Fact]
    public void A_scheme_outside_the_enumeration_is_refused() =>
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
