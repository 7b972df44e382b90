using System.Buffers;
using HeartbeatGateway.Protocol.Tests.Support;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Protocol.Tests.Tokens;

/// <summary>Secrets that are derived from a master for each client.</summary>
public class PerClientSecretTests
{
    private const string Master = "sixteen-byte-key";

    /// <summary>Values of docs/protocol.md and docs/hbg.md, computed with Python's standard library.</summary>
    [Theory]
    [InlineData("pump-17", "dZwYPeL95uDoyZrJPiE92Tzim5DGehSqAGxDDtKySxs")]
    [InlineData("pump-18", "-dtx0C9fMsOhVCRoWRtcQlBcjBWUP8dJVqrDzWxPACE")]
    public void Derives_the_secret_of_a_client(string clientId, string secret) => Assert.Equal(secret, new TokenSecret("k1", Master).DeriveText(clientId));

    [Theory]
    [InlineData("")]
    [InlineData("pump 17")]
    [InlineData("pümp")]
    public void A_text_that_is_no_client_id_has_no_secret(string clientId) => Assert.Throws<ArgumentException>(() => new TokenSecret("k1", Master).DeriveText(clientId));

    [Fact]
    public void A_client_id_of_the_maximum_length_has_a_secret_of_its_own()
    {
        var master = new TokenSecret("k1", Master);
        Assert.NotEqual(master.DeriveText(new string('a', 128)), master.DeriveText(new string('a', 127)));
    }

    [Theory]
    [InlineData("""{"clientId":"pump-17"}""", true)]
    [InlineData("""{ "nonce" : "x", "clientId"  :  "pump-17" }""", true)]
    [InlineData("{\n\t\"clientId\":\r\n\"pump-17\"}", true)]
    [InlineData("""{"clientId":"pump\u002d17"}""", false)]
    [InlineData("""{"ClientId":"pump-17"}""", false)]
    [InlineData("""{"clientId":17}""", false)]
    [InlineData("""{"clientId":""}""", false)]
    [InlineData("""{"clientId":"pump-17""", false)]
    [InlineData("""{"clientId" """, false)]
    [InlineData("""{"clientId":"pump 17"}""", false)]
    [InlineData("", false)]
    public void A_first_hello_is_verified_for_the_client_that_it_names(string content, bool isFound)
    {
        var verdict = Hello(content, "pump-17").VerifyBy(Keyring());
        Assert.Equal(isFound ? TokenOutcome.Verified : TokenOutcome.Mismatch, verdict.Outcome);
        if (!isFound) return;
        Assert.True(verdict.Signer!.IsPerClient);
        Assert.True(verdict.Signer.Admits("pump-17"));
        Assert.False(verdict.Signer.Admits("pump-18"));
        Assert.False(verdict.Signer.Admits("pump 17"));
    }

    [Fact]
    public void The_client_id_must_be_within_the_first_4096_bytes()
    {
        string Padded(int blanks) => $$"""{{{new string(' ', blanks)}}"clientId":"pump-17"}""";
        var length = Padded(0).Length - 1;
        Assert.Equal(TokenOutcome.Verified, Hello(Padded(4096 - length), "pump-17").VerifyBy(Keyring()).Outcome);
        Assert.Equal(TokenOutcome.Mismatch, Hello(Padded(4097 - length), "pump-17").VerifyBy(Keyring()).Outcome);
    }

    [Fact]
    public void A_hello_in_any_segments_is_verified()
    {
        var bytes = Hello("""{"nonce":"0123","clientId":"pump-17"}""", "pump-17").ToBytes();
        for (var cut = 1; cut < bytes.Length; cut++)
        {
            Assert.Equal(TokenOutcome.Verified, TestFrame.Verify(Keyring(), Segments.SplitAt(bytes, cut)).Outcome);
        }
    }

    [Fact]
    public void Other_frames_verify_after_the_hello_for_the_same_client_only()
    {
        var keyring = Keyring();
        var own = Hello("""{"clientId":"pump-17"}""", "pump-17").VerifyBy(keyring).Signer!;
        var ping = TestFrame.Ping().Signed(Secret("pump-17"), "k1");
        Assert.Equal(TokenOutcome.Mismatch, ping.VerifyBy(keyring).Outcome);
        Assert.Same(own, Verify(keyring, ping, own).Signer);
        Assert.Equal(TokenOutcome.Mismatch, Verify(keyring, TestFrame.Ping().Signed(Secret("pump-18"), "k1"), own).Outcome);
        Assert.Equal(TokenOutcome.Mismatch, Verify(keyring, TestFrame.Ping().Signed(Master, "k1"), own).Outcome);
        Assert.Equal(TokenOutcome.UnknownKey, Verify(keyring, TestFrame.Ping().Signed(Secret("pump-17")), own).Outcome);
        // A second client's hello on the connection of the first.
        Assert.Equal(TokenOutcome.Mismatch, Verify(keyring, Hello("""{"clientId":"pump-18"}""", "pump-18"), own).Outcome);
        // The signer of an ordinary key does not open the way to a frame of a client.
        var shared = new TokenKeyring(new TokenKeyringOptions { Secrets = [new TokenSecret("k1", Master) { PerClient = true }, new TokenSecret("k2", TestFrame.Secret)] }, TokenRole.Gateway);
        Assert.Equal(TokenOutcome.Mismatch, Verify(shared, Hello("""{"clientId":"pump-17"}""", "pump-17"), shared.Keys[1].Named).Outcome);
    }

    [Fact]
    public void Answers_are_signed_under_the_clients_own_secret()
    {
        var own = Hello("""{"clientId":"pump-17"}""", "pump-17").VerifyBy(Keyring()).Signer!;
        var client = new TokenKeyring(new TokenKeyringOptions { Secrets = [new TokenSecret("k1", Secret("pump-17"))] }, TokenRole.Client);
        var other = new TokenKeyring(new TokenKeyringOptions { Secrets = [new TokenSecret("k1", Secret("pump-18"))] }, TokenRole.Client);
        foreach (var frame in new[] { own.Ping(TestFrame.Now).ToArray(), own.Ping(TestFrame.Now + 1).ToArray(), own.Encode("news"u8, "x"u8.ToArray(), TestFrame.Now).ToArray() })
        {
            Assert.Equal(TokenOutcome.Verified, TestFrame.Verify(client, frame).Outcome);
            Assert.Equal(TokenOutcome.Mismatch, TestFrame.Verify(other, frame).Outcome);
        }

        Assert.Equal(TestFrame.Ping().Signed(Secret("pump-17"), "k1", fromGateway: true).ToBytes(), own.Ping(TestFrame.Now).ToArray());
    }

    [Fact]
    public void A_signer_continues_while_its_master_is_configured()
    {
        var own = Hello("""{"clientId":"pump-17"}""", "pump-17").VerifyBy(Keyring()).Signer!;
        var rotated = new TokenKeyring(
            new TokenKeyringOptions { Secrets = [new TokenSecret("k2", TestFrame.Secret) { PerClient = true }, new TokenSecret("k1", Master) { PerClient = true }] }, TokenRole.Gateway);
        var next = rotated.Successor(own)!;
        Assert.Same(rotated.Keys[1], next.Key);
        Assert.Same(next, Verify(rotated, TestFrame.Ping().Signed(Secret("pump-17"), "k1"), next).Signer);
        Assert.Null(Keyring("another master secret").Successor(own));
        Assert.Null(new TokenKeyring(new TokenKeyringOptions { Secrets = [new TokenSecret("k1", Master)] }, TokenRole.Gateway).Successor(own));
    }

    [Fact]
    public void A_signer_of_another_keyring_with_the_same_master_is_taken_over()
    {
        var (before, after) = (Keyring(), Keyring());
        var own = Hello("""{"clientId":"pump-17"}""", "pump-17").VerifyBy(before).Signer!;
        var ping = TestFrame.Ping().Signed(Secret("pump-17"), "k1");
        var moved = Verify(after, ping, own).Signer!;
        Assert.Same(after.Keys[0], moved.Key);
        Assert.Same(before.Keys[0], Verify(before, ping, moved).Signer!.Key);
        Assert.Equal(TokenOutcome.Mismatch, Verify(after, TestFrame.Ping().Signed(Secret("pump-18"), "k1"), own).Outcome);
        var other = Keyring("another master secret");
        Assert.Equal(TokenOutcome.Mismatch, Verify(other, ping, own).Outcome);
        Assert.Equal(TokenOutcome.Mismatch, Verify(other, TestFrame.Ping().Signed(new TokenSecret("k1", "another master secret").DeriveText("pump-17"), "k1"), own).Outcome);
    }

    [Fact]
    public void A_client_may_not_have_a_master()
    {
        var error = Assert.Throws<ArgumentException>(() => new TokenKeyring(new TokenKeyringOptions { Secrets = [new TokenSecret("k1", Master) { PerClient = true }] }, TokenRole.Client));
        Assert.Contains("'k1' is a master", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Master, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_master_needs_tokens_with_a_key_id() =>
        Assert.Throws<ArgumentException>(() => new TokenKeyring(
            new TokenKeyringOptions { Scheme = TokenScheme.Digest, Secrets = [new TokenSecret("k1", Master) { PerClient = true }] }, TokenRole.Gateway));

    private static TestFrame Hello(string content, string clientId) => (TestFrame.Message(content) with { Type = "hello"u8.ToArray() }).Signed(Secret(clientId), "k1");

    private static string Secret(string clientId) => new TokenSecret("k1", Master).DeriveText(clientId);

    private static TokenKeyring Keyring(string master = Master) => new(new TokenKeyringOptions { Secrets = [new TokenSecret("k1", master) { PerClient = true }] }, TokenRole.Gateway);

    private static TokenVerdict Verify(TokenKeyring keyring, TestFrame frame, TokenSigner signer) => TestFrame.Verify(keyring, new ReadOnlySequence<byte>(frame.ToBytes()), signer: signer);
}
