using HeartbeatGateway.Server.Options;

namespace HeartbeatGateway.Server.Tests.Options;

/// <summary>One secret under two keys with different bindings: a client could choose the key, so no binding would hold.</summary>
public sealed class SharedSecretsTests
{
    private const string Secret = "a secret that two keys hold";

    [Theory]
    [InlineData("pump-*", "")]
    [InlineData("", "pump-*")]
    [InlineData("pump-*", "valve-*")]
    [InlineData("pump-*", "pump-*,valve-*")]
    public void A_secret_under_keys_with_different_bindings_is_refused_with_both_ids_and_without_the_secret(string first, string second)
    {
        var sentence = Assert.Single(Options(Key("a", first, Secret), Key("b", second, Secret)).Validate());
        Assert.StartsWith("Gateway:Tokens:Keys: the keys 'a' and 'b' hold the same secret, but their Clients differ", sentence, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("pump-*", "pump-*")]
    [InlineData("pump-*,valve-*", "valve-*,pump-*")]
    public void A_secret_under_two_ids_with_the_same_binding_is_accepted(string first, string second) =>
        Assert.Empty(Options(Key("a", first, Secret), Key("b", second, Secret)).Validate());

    [Fact]
    public void Different_secrets_are_accepted() => Assert.Empty(Options(Key("a", "pump-*", Secret), Key("b", "", Secret + "!")).Validate());

    [Fact]
    public void Each_pair_gives_a_sentence() =>
        Assert.Equal(3, Options(Key("a", "a-*", Secret), Key("b", "b-*", Secret), Key("c", "", Secret), Key("d", "", "another secret of tests")).Validate().Count);

    [Fact]
    public void A_secret_in_a_file_is_compared_with_one_in_the_settings()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, Secret + "\n");
            var fromFile = new TokenKeyOptions { Id = "file", SecretFile = file };
            Assert.Contains("'file' and 'text'", Assert.Single(Options(fromFile, Key("text", "pump-*", Secret)).Validate()), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("a secret that two keys hold\0")]
    [InlineData("a secret that two keys hold\0\0\0")]
    public void Secrets_that_are_one_key_to_hmac_are_the_same(string padded) =>
        Assert.Single(Options(Key("a", "pump-*", Secret), Key("b", "", padded)).Validate());

    private static GatewayOptions Options(params TokenKeyOptions[] keys)
    {
        var options = new GatewayOptions();
        options.Tokens.Keys = keys;
        return options;
    }

    private static TokenKeyOptions Key(string id, string clients, string secret) =>
        new() { Id = id, Secret = secret, Clients = clients.Split(',', StringSplitOptions.RemoveEmptyEntries) };
}
