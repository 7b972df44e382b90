using System.Text.Json;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Protocol.Tests.Tokens;

public class TokenSecretTests
{
    private const string Secret = "a secret for tests only";

    [Theory]
    [InlineData("k")]
    [InlineData("k1")]
    [InlineData("Az09_-")]
    [InlineData("------")]
    public void A_key_id_has_1_to_6_characters(string id)
    {
        Assert.True(TokenSecret.IsValidId(id));
        Assert.Equal(id, new TokenSecret(id, Secret).Id);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("1234567")]
    [InlineData("a.b")]
    [InlineData("a b")]
    [InlineData(" a")]
    [InlineData("a\0")]
    [InlineData("ä")]
    [InlineData("k１")]
    [InlineData("٣")]
    public void Rejects_an_invalid_key_id_without_showing_the_secret(string? id)
    {
        Assert.False(TokenSecret.IsValidId(id));
        var error = Assert.Throws<ArgumentException>(() => new TokenSecret(id!, Secret));
        Assert.DoesNotContain(Secret, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Rejects_an_empty_secret()
    {
        Assert.Throws<ArgumentException>(() => new TokenSecret("k1", ""));
        Assert.Throws<ArgumentNullException>(() => new TokenSecret("k1", null!));
    }

    [Fact]
    public void A_JSON_serializer_does_not_write_the_secret() =>
        Assert.DoesNotContain("tests", JsonSerializer.Serialize(new TokenSecret("k1", Secret)), StringComparison.Ordinal);
}
