using System.Buffers;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Protocol.Tests.Support;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Protocol.Tests.Tokens;

/// <summary>Keys that are bound to some client ids, and the successors of signers when keys change.</summary>
public class BoundKeyTests
{
    private const string OtherSecret = "another secret of enough bytes";

    [Theory]
    [InlineData("pump-*", "pump-17", true)]
    [InlineData("pump-*", "pump-", true)]
    [InlineData("pump-*", "pump", false)]
    [InlineData("pump-*", "Pump-17", false)]
    [InlineData("pump-*", "a-pump-17", false)]
    [InlineData("*", "anything", true)]
    [InlineData("site-*:pump-*", "site-4:pump-9", true)]
    [InlineData("site-*:pump-*", "site-4.pump-9", false)]
    [InlineData("pump-17", "pump-17", true)]
    [InlineData("pump-17", "pump-171", false)]
    [InlineData("p.mp", "pump", false)]
    public void Only_a_star_matches_arbitrary_characters(string pattern, string clientId, bool matches) =>
        Assert.Equal(matches, new ClientIdPattern(pattern).Matches(clientId));

    [Theory]
    [InlineData("")]
    [InlineData("pump?")]
    [InlineData("pump 17")]
    [InlineData("pump\\*")]
    [InlineData("\"")]
    public void Rejects_a_pattern_with_other_characters(string pattern)
    {
        Assert.False(ClientIdPattern.IsValid(pattern));
        Assert.Throws<ArgumentException>(() => new ClientIdPattern(pattern));
    }

    [Fact]
    public void A_bound_key_verifies_only_tokens_with_its_key_id()
    {
        var keyring = Keyring(Bound("dev", TestFrame.Secret, "pump-*"), new TokenSecret("all", OtherSecret));
        Assert.Equal(TokenOutcome.Verified, TestFrame.Ping().Signed(TestFrame.Secret, "dev").VerifyBy(keyring).Outcome);
        Assert.Equal(TokenOutcome.Mismatch, TestFrame.Ping().Signed(TestFrame.Secret).VerifyBy(keyring).Outcome);
        Assert.Equal(TokenOutcome.Mismatch, TestFrame.Ping().Signed(TestFrame.Secret, "all").VerifyBy(keyring).Outcome);
        Assert.Equal(TokenOutcome.Verified, TestFrame.Ping().Signed(OtherSecret).VerifyBy(keyring).Outcome);
        Assert.Equal(TokenOutcome.UnknownKey, TestFrame.Ping().Signed(TestFrame.Secret).VerifyBy(Keyring(Bound("dev", TestFrame.Secret, "pump-*"))).Outcome);
    }

    [Fact]
    public void A_bound_key_admits_the_clients_of_its_patterns_and_an_unbound_key_all()
    {
        var keyring = Keyring(Bound("dev", TestFrame.Secret, "pump-*", "valve-1"), new TokenSecret("all", OtherSecret));
        Assert.True(keyring.Keys[0].Admits("pump-2"));
        Assert.True(keyring.Keys[0].Admits("valve-1"));
        Assert.False(keyring.Keys[0].Admits("valve-2"));
        Assert.True(keyring.Keys[1].Admits("valve-2"));
    }

    [Fact]
    public void Rejects_a_bound_secret_with_the_digest_scheme()
    {
        var error = Assert.Throws<ArgumentException>(() => new TokenKeyring(
            new TokenKeyringOptions { Scheme = TokenScheme.Digest, Secrets = [Bound("dev", TestFrame.Secret, "pump-*")] }, TokenRole.Gateway));
        Assert.Contains("'dev'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_signer_has_a_successor_while_its_key_is_configured()
    {
        var before = Keyring(new TokenSecret("old", TestFrame.Secret));
        var rotated = Keyring(new TokenSecret("new", OtherSecret), new TokenSecret("old", TestFrame.Secret));
        Assert.Same(rotated.Keys[1].Bare, rotated.Successor(before.Keys[0].Bare));
        Assert.Same(rotated.Keys[1].Named, rotated.Successor(before.Keys[0].Named));
        Assert.Null(before.Successor(rotated.Keys[0].Bare));
        // The same key id with another secret is a different key.
        Assert.Null(Keyring(new TokenSecret("old", OtherSecret)).Successor(before.Keys[0].Bare));
        // The same secret with another scheme gives different tokens.
        Assert.Null(new TokenKeyring(new TokenKeyringOptions { Scheme = TokenScheme.Digest, Secrets = [new TokenSecret("old", TestFrame.Secret)] }, TokenRole.Gateway).Successor(before.Keys[0].Bare));
        // The key is bound in the new keyring, so tokens without its key id no longer verify.
        var bound = Keyring(Bound("old", TestFrame.Secret, "pump-*"));
        Assert.Null(bound.Successor(before.Keys[0].Bare));
        Assert.Same(bound.Keys[0].Named, bound.Successor(before.Keys[0].Named));
        var none = new TokenKeyring(new TokenKeyringOptions { Scheme = TokenScheme.None }, TokenRole.Gateway);
        Assert.NotNull(new TokenKeyring(new TokenKeyringOptions { Scheme = TokenScheme.None }, TokenRole.Gateway).Successor(none.Keys[0].Bare));
    }

    [Fact]
    public void Describes_the_signed_bytes_without_secret_and_token()
    {
        var frame = TestFrame.Message("hi").Signed();
        var bytes = frame.ToBytes();
        Assert.Equal(Convert.ToHexStringLower([.. bytes[..58], .. bytes[108..]]), Describe(Keyring(new TokenSecret("k1", TestFrame.Secret)), bytes));

        var digest = new TokenKeyring(new TokenKeyringOptions { Scheme = TokenScheme.Digest, Secrets = [new TokenSecret("k1", TestFrame.Secret)] }, TokenRole.Gateway);
        Assert.Equal(Convert.ToHexStringLower("1182"u8) + Convert.ToHexStringLower("2026-11-22 10:00:00hi"u8) + "<secret>", Describe(digest, bytes));

        var large = Describe(digest, TestFrame.Message(new string('x', 5000)).ToBytes());
        Assert.Contains("<4488 more bytes of content>", large, StringComparison.Ordinal);
        Assert.InRange(large.Length, 1000, 1300);
    }

    private static string Describe(TokenKeyring keyring, byte[] bytes)
    {
        var buffer = new ReadOnlySequence<byte>(bytes);
        var reader = default(FrameReader);
        Assert.Equal(FrameReadStatus.Complete, reader.TryRead(ref buffer, stackalloc byte[FrameFormat.HeaderLength], 65536, FrameResync.Strict, out var frame));
        return keyring.DescribeSignedBytes(frame);
    }

    private static TokenSecret Bound(string id, string secret, params string[] patterns) => new(id, secret) { Clients = [.. patterns.Select(p => new ClientIdPattern(p))] };

    private static TokenKeyring Keyring(params TokenSecret[] secrets) => new(new TokenKeyringOptions { Secrets = [.. secrets] }, TokenRole.Gateway);
}
