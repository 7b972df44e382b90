using System.Text;
using HeartbeatGateway.Protocol.Tests.Support;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Protocol.Tests.Tokens;

public class TokenKeyringTests
{
    private const string OtherSecret = "another secret of enough bytes";

    private static readonly TokenKeyring Rotation = Keyrings.Hmac(TokenRole.Gateway, ("new", OtherSecret), ("old", TestFrame.Secret));

    [Fact]
    public void Verifies_a_signed_frame()
    {
        foreach (var frame in (TestFrame[])[TestFrame.Ping(), TestFrame.Ping() with { Content = [1] }, TestFrame.Message("x")])
        {
            Assert.Equal(TokenOutcome.Verified, frame.Signed().VerifyBy(Keyrings.Gateway).Outcome);
            Assert.Equal(TokenOutcome.Verified, frame.Signed(keyId: "k1").VerifyBy(Keyrings.Gateway).Outcome);
            Assert.Equal(TokenOutcome.Verified, frame.Signed(fromGateway: true).VerifyBy(Keyrings.Client).Outcome);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("k1.")]
    [InlineData(".")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAA AAAAAAAAAAAAAAAAAAAAA")]
    [InlineData(".AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("k1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.")]
    [InlineData("k1k1k1k.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void A_token_of_the_wrong_form_is_malformed(string token)
    {
        foreach (var frame in (TestFrame[])[TestFrame.Ping(), TestFrame.Message("x")])
        {
            var verdict = (frame with { Token = Encoding.ASCII.GetBytes(token) }).VerifyBy(Keyrings.Gateway);
            Assert.Equal(TokenOutcome.Malformed, verdict.Outcome);
            Assert.Null(verdict.Signer);
            Assert.False(verdict.IsVerified);
        }
    }

    [Fact]
    public void A_token_of_another_secret_is_a_mismatch_without_a_signer()
    {
        TestFrame[] frames = [TestFrame.Ping(), TestFrame.Message("x"), TestFrame.Ping("no date"), TestFrame.Ping("1970-01-01 00:00:00")];
        foreach (var frame in frames)
        {
            Assert.Equal(new TokenVerdict(TokenOutcome.Mismatch, null), frame.Signed(OtherSecret).VerifyBy(Keyrings.Gateway));
            Assert.Equal(new TokenVerdict(TokenOutcome.Mismatch, null), frame.Signed(OtherSecret, "k1").VerifyBy(Keyrings.Gateway));
        }
    }

    [Fact]
    public void A_token_does_not_verify_another_frame()
    {
        var token = TestFrame.Ping().Signed().Token;
        TestFrame[] others = [TestFrame.Ping("2026-11-22 10:00:01"), TestFrame.Message(""), TestFrame.Ping() with { Content = [0] }];
        foreach (var other in others)
        {
            Assert.Equal(TokenOutcome.Mismatch, (other with { Token = token }).VerifyBy(Keyrings.Gateway).Outcome);
        }
    }

    [Theory]
    [InlineData("k2")]
    [InlineData("K1")]
    [InlineData("k")]
    [InlineData("k11")]
    [InlineData("k 1")]
    public void A_key_id_that_is_not_configured_is_unknown(string id)
    {
        Assert.Equal(new TokenVerdict(TokenOutcome.UnknownKey, null), TestFrame.Ping().Signed(keyId: id).VerifyBy(Keyrings.Gateway));
        Assert.Equal(new TokenVerdict(TokenOutcome.UnknownKey, null), TestFrame.Message("x").Signed(keyId: id).VerifyBy(Keyrings.Gateway));
    }

    [Fact]
    public void Verifies_frames_of_several_keys_with_and_without_key_id()
    {
        foreach (var frame in (TestFrame[])[TestFrame.Ping(), TestFrame.Message("x")])
        {
            AssertSigner("new", named: false, frame.Signed(OtherSecret).VerifyBy(Rotation));
            AssertSigner("old", named: false, frame.Signed().VerifyBy(Rotation));
            AssertSigner("new", named: true, frame.Signed(OtherSecret, "new").VerifyBy(Rotation));
            AssertSigner("old", named: true, frame.Signed(keyId: "old").VerifyBy(Rotation));
        }
    }

    [Fact]
    public void A_token_with_key_id_is_checked_against_that_key_only() =>
        Assert.Equal(TokenOutcome.Mismatch, TestFrame.Ping().Signed(TestFrame.Secret, "new").VerifyBy(Rotation).Outcome);

    [Fact]
    public void Keys_keep_the_configured_order()
    {
        Assert.Equal(["new", "old"], Rotation.Keys.Select(k => k.Id));
        Assert.Equal([0, 1], Rotation.Keys.Select(k => k.Index));
    }

    [Fact]
    public void Neither_side_accepts_tokens_of_its_own_direction()
    {
        foreach (var frame in (TestFrame[])[TestFrame.Ping(), TestFrame.Message("x")])
        {
            foreach (var id in (string?[])[null, "k1"])
            {
                Assert.Equal(TokenOutcome.Mismatch, frame.Signed(keyId: id, fromGateway: true).VerifyBy(Keyrings.Gateway).Outcome);
                Assert.Equal(TokenOutcome.Mismatch, frame.Signed(keyId: id).VerifyBy(Keyrings.Client).Outcome);
            }
        }
    }

    [Fact]
    public void Only_the_other_side_verifies_a_signed_frame()
    {
        foreach (var signer in (TokenSigner[])[Keyrings.Gateway.Keys[0].Bare, Keyrings.Gateway.Keys[0].Named])
        {
            var ping = signer.Ping(TestFrame.Now).ToArray();
            Assert.True(TestFrame.Verify(Keyrings.Client, ping).IsVerified);
            Assert.Equal(TokenOutcome.Mismatch, TestFrame.Verify(Keyrings.Gateway, ping).Outcome);
        }
    }

    [Fact]
    public void The_none_scheme_accepts_every_token_and_every_existing_date()
    {
        var open = new TokenKeyring(new TokenKeyringOptions { Scheme = TokenScheme.None }, TokenRole.Gateway);
        foreach (var token in (string[])["", "whatever", "k1.x", "a b"])
        {
            var frame = TestFrame.Ping("1970-01-01 00:00:00") with { Token = Encoding.ASCII.GetBytes(token) };
            Assert.Equal(new TokenVerdict(TokenOutcome.Verified, open.Keys[0].Bare), frame.VerifyBy(open));
        }

        Assert.Equal("", Assert.Single(open.Keys).Id);
    }

    [Theory]
    [InlineData(TokenScheme.HmacSha256)]
    [InlineData(TokenScheme.Digest)]
    public void Trims_blanks_around_a_token(TokenScheme scheme)
    {
        var client = Keyrings.Of(scheme, role: TokenRole.Client).Keys[0].Bare.Ping(TestFrame.Now).ToArray();
        var token = client.AsSpan(58, 50).TrimEnd((byte)0).ToArray();
        client.AsSpan(58, 50).Fill((byte)' ');
        token.CopyTo(client, 61);
        Assert.True(TestFrame.Verify(Keyrings.Of(scheme), client).IsVerified);
    }

    private static void AssertSigner(string id, bool named, TokenVerdict verdict)
    {
        Assert.Equal(TokenOutcome.Verified, verdict.Outcome);
        Assert.Equal((id, named), (verdict.Signer!.Key.Id, verdict.Signer.IncludeKeyId));
    }
}
