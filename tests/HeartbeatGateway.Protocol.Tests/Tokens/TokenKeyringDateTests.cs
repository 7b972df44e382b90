using HeartbeatGateway.Protocol.Tests.Support;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Protocol.Tests.Tokens;

public class TokenKeyringDateTests
{
    private const long Now = TestFrame.Now;

    /// <summary>A plain ping (its token can come from the cache), a ping with a key id, a ping with other padding, and a message.</summary>
    public static TheoryData<string> Shapes => ["plain", "named", "padded", "message"];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Accepts_a_date_up_to_MaxAge_old_and_no_older(string shape)
    {
        var frame = Shape(shape, TestFrame.NowText);
        Assert.Equal(TokenOutcome.Verified, frame.VerifyBy(Keyrings.Gateway, Now + 300).Outcome);
        Assert.Equal(TokenOutcome.Expired, frame.VerifyBy(Keyrings.Gateway, Now + 301).Outcome);
        Assert.Equal(TokenOutcome.Expired, frame.VerifyBy(Keyrings.Gateway, Now + 100_000_000).Outcome);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Accepts_a_date_up_to_MaxAge_ahead_and_no_further(string shape)
    {
        var frame = Shape(shape, TestFrame.NowText);
        Assert.Equal(TokenOutcome.Verified, frame.VerifyBy(Keyrings.Gateway, Now - 300).Outcome);
        Assert.Equal(TokenOutcome.Future, frame.VerifyBy(Keyrings.Gateway, Now - 301).Outcome);
        Assert.Equal(TokenOutcome.Future, frame.VerifyBy(Keyrings.Gateway, 0).Outcome);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_date_outside_the_window_still_returns_the_signer(string shape)
    {
        var verdict = Shape(shape, TestFrame.NowText).VerifyBy(Keyrings.Gateway, Now + 301);
        Assert.Equal(shape == "named" ? Keyrings.Gateway.Keys[0].Named : Keyrings.Gateway.Keys[0].Bare, verdict.Signer);
        Assert.False(verdict.IsVerified);
    }

    [Theory]
    [InlineData("2026-02-30 10:00:00")]
    [InlineData("2026-11-22 24:00:00")]
    [InlineData("２０２６-11-22 10:00:00")]
    [InlineData("")]
    public void A_verified_token_with_an_invalid_date_is_BadDate(string date)
    {
        foreach (var shape in Shapes)
        {
            Assert.Equal(TokenOutcome.BadDate, Shape(shape.Data, date).VerifyBy(Keyrings.Gateway).Outcome);
        }
    }

    [Fact]
    public void Applies_the_configured_MaxAge()
    {
        var options = new TokenKeyringOptions { Secrets = [new TokenSecret("k1", TestFrame.Secret)], MaxAge = TimeSpan.FromSeconds(2) };
        var keyring = new TokenKeyring(options, TokenRole.Gateway);
        var frame = TestFrame.Ping().Signed();
        Assert.Equal(TokenOutcome.Verified, frame.VerifyBy(keyring, Now + 2).Outcome);
        Assert.Equal(TokenOutcome.Expired, frame.VerifyBy(keyring, Now + 3).Outcome);
        Assert.Equal(TokenOutcome.Verified, frame.VerifyBy(keyring, Now - 2).Outcome);
        Assert.Equal(TokenOutcome.Future, frame.VerifyBy(keyring, Now - 3).Outcome);
    }

    [Fact]
    public void The_digest_scheme_has_the_same_window()
    {
        var keyring = Keyrings.Of(TokenScheme.Digest);
        var ping = keyring.Keys[0].Bare.Ping(Now).ToArray();
        Assert.Equal(TokenOutcome.Verified, TestFrame.Verify(keyring, ping, Now + 300).Outcome);
        Assert.Equal(TokenOutcome.Expired, TestFrame.Verify(keyring, ping, Now + 301).Outcome);
        Assert.Equal(TokenOutcome.Verified, TestFrame.Verify(keyring, ping, Now - 300).Outcome);
        Assert.Equal(TokenOutcome.Future, TestFrame.Verify(keyring, ping, Now - 301).Outcome);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Reads_dates_in_the_configured_time_zone(string shape)
    {
        var eastern = Keyrings.Of(TokenScheme.HmacSha256, "+08:00");
        var frame = Shape(shape, "2026-11-22 18:00:00");
        Assert.Equal(TokenOutcome.Verified, frame.VerifyBy(eastern).Outcome);
        Assert.Equal(TokenOutcome.Future, frame.VerifyBy(Keyrings.Gateway).Outcome);
        Assert.Equal(TokenOutcome.Expired, Shape(shape, TestFrame.NowText).VerifyBy(eastern).Outcome);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Accepts_both_instants_of_a_date_in_a_repeated_hour(string shape)
    {
        const long summer = 1792888200; // 2026-10-25 00:30:00 UTC; one hour later the wall clock shows the same time
        var berlin = Keyrings.Of(TokenScheme.HmacSha256, "Europe/Berlin");
        var frame = Shape(shape, "2026-10-25 02:30:00");
        foreach (var reading in (long[])[summer, summer + 3600])
        {
            Assert.Equal(TokenOutcome.Verified, frame.VerifyBy(berlin, reading - 300).Outcome);
            Assert.Equal(TokenOutcome.Verified, frame.VerifyBy(berlin, reading + 300).Outcome);
        }

        Assert.Equal(TokenOutcome.Future, frame.VerifyBy(berlin, summer - 301).Outcome);
        Assert.False(frame.VerifyBy(berlin, summer + 301).IsVerified);
        Assert.False(frame.VerifyBy(berlin, summer + 3299).IsVerified);
        Assert.Equal(TokenOutcome.Expired, frame.VerifyBy(berlin, summer + 3901).Outcome);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Reads_a_date_in_a_skipped_hour_as_standard_time(string shape)
    {
        const long standard = 1774747800; // 2026-03-29 01:30:00 UTC
        var frame = Shape(shape, "2026-03-29 02:30:00");
        var berlin = Keyrings.Of(TokenScheme.HmacSha256, "Europe/Berlin");
        Assert.Equal(TokenOutcome.Verified, frame.VerifyBy(berlin, standard).Outcome);
        Assert.Equal(TokenOutcome.Expired, frame.VerifyBy(berlin, standard + 301).Outcome);
        Assert.Equal(TokenOutcome.Future, frame.VerifyBy(berlin, standard - 301).Outcome);
    }

    [Theory]
    [InlineData("UTC")]
    [InlineData("+14:00")]
    [InlineData("-14:00")]
    [InlineData("Europe/Berlin")]
    [InlineData("America/New_York")]
    public void The_first_date_is_Expired_and_the_last_date_is_Future(string zone)
    {
        foreach (var shape in Shapes)
        {
            var keyring = Keyrings.Of(TokenScheme.HmacSha256, zone);
            Assert.Equal(TokenOutcome.Expired, Shape(shape.Data, "0001-01-01 00:00:00").VerifyBy(keyring).Outcome);
            Assert.Equal(TokenOutcome.Future, Shape(shape.Data, "9999-12-31 23:59:59").VerifyBy(keyring).Outcome);
        }
    }

    private static TestFrame Shape(string shape, string date) => shape switch
    {
        "plain" => TestFrame.Ping(date).Signed(),
        "named" => TestFrame.Ping(date).Signed(keyId: "k1"),
        "padded" => (TestFrame.Ping(" " + date) with { Type = " ping"u8.ToArray() }).Signed(),
        "message" => (TestFrame.Ping(date) with { Type = "message"u8.ToArray(), Content = [1, 2, 3] }).Signed(),
        _ => throw new ArgumentOutOfRangeException(nameof(shape)),
    };
}
