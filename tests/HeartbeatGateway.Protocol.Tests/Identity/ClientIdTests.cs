using CsCheck;
using HeartbeatGateway.Protocol.Identity;

namespace HeartbeatGateway.Protocol.Tests.Identity;

public class ClientIdTests
{
    private const string Allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-";

    [Fact]
    public void Allows_exactly_the_characters_that_the_protocol_lists()
    {
        for (var c = 0; c <= char.MaxValue; c++) Assert.Equal(Allowed.Contains((char)c, StringComparison.Ordinal), ClientId.IsValid($"a{(char)c}"));
    }

    [Fact]
    public void A_client_id_has_1_to_128_characters()
    {
        Assert.False(ClientId.IsValid(null));
        Assert.False(ClientId.IsValid(""));
        Assert.True(ClientId.IsValid("."));
        Assert.True(ClientId.IsValid(new string('a', 128)));
        Assert.False(ClientId.IsValid(new string('a', 129)));
    }

    [Fact]
    public void Any_text_of_allowed_characters_is_a_client_id() =>
        Gen.Char[Allowed].Array[1, 128].Sample(name => ClientId.IsValid(new string(name)));

    [Fact]
    public void One_disallowed_character_at_any_position_is_rejected() =>
        Gen.Select(Gen.Char[Allowed].Array[1, 128], Gen.Int[0, 127], Gen.Char).Where(t => !Allowed.Contains(t.Item3, StringComparison.Ordinal)).Sample((name, at, wrong) =>
        {
            name[at % name.Length] = wrong;
            return !ClientId.IsValid(new string(name));
        });
}
