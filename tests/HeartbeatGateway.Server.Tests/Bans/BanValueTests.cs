using HeartbeatGateway.Server.Bans;

namespace HeartbeatGateway.Server.Tests.Bans;

/// <summary>What can be banned, and how it is written.</summary>
public sealed class BanValueTests
{
    [Theory]
    [InlineData(BanKind.Client, "pump-17", "pump-17")]
    [InlineData(BanKind.Key, "k1", "k1")]
    [InlineData(BanKind.Address, "198.51.100.7", "198.51.100.7")]
    [InlineData(BanKind.Address, "198.51.100.7/32", "198.51.100.7")]
    [InlineData(BanKind.Address, "::ffff:198.51.100.7", "198.51.100.7")]
    [InlineData(BanKind.Address, "::ffff:198.51.100.0/120", "198.51.100.0/24")]
    [InlineData(BanKind.Address, "2001:DB8:0:0::1", "2001:db8::1")]
    [InlineData(BanKind.Address, "2001:db8::/32", "2001:db8::/32")]
    [InlineData(BanKind.Address, "0.0.0.0/0", "0.0.0.0/0")]
    [InlineData(BanKind.Address, "::/0", "::/0")]
    public void Values_are_written_in_one_way(BanKind kind, string value, string written)
    {
        Assert.True(Ban.TryCreate(kind, value, out var ban, out var error), error);
        Assert.Equal((kind, written), (ban.Kind, ban.Value));
        Assert.Equal(BanExtensions.Make(kind, written).Id, ban.Id);
        Assert.Matches("^b-[0-9a-f]{12}$", ban.Id);
    }

    [Theory]
    [InlineData(BanKind.Client, "", "is not a client id")]
    [InlineData(BanKind.Client, "a b", "is not a client id")]
    [InlineData(BanKind.Key, "toolong", "is not a key id")]
    [InlineData(BanKind.Address, "pump", "is not an address")]
    [InlineData(BanKind.Address, "10", "is not an address")]
    [InlineData(BanKind.Address, "0x7f.1", "is not an address")]
    [InlineData(BanKind.Address, "010.1.2.3", "is not an address")]
    [InlineData(BanKind.Address, "fe80::1%eth0", "is not an address")]
    [InlineData(BanKind.Address, "198.51.100.7/33", "from 0 to 32")]
    [InlineData(BanKind.Address, "2001:db8::/129", "from 0 to 128")]
    [InlineData(BanKind.Address, "198.51.100.7/", "prefix length")]
    [InlineData(BanKind.Address, "198.51.100.7/-1", "prefix length")]
    [InlineData(BanKind.Address, "198.51.100.7/24", "write 198.51.100.0/24")]
    [InlineData(BanKind.Address, "::ffff:0.0.0.0/90", "write 0.0.0.0/0")]
    [InlineData(BanKind.Address, "127.0.0.1", "loopback")]
    [InlineData(BanKind.Address, "127.0.0.0/8", "loopback")]
    [InlineData(BanKind.Address, "::1", "loopback")]
    [InlineData(BanKind.Address, "::ffff:127.0.0.1", "loopback")]
    public void Other_values_are_refused_with_the_reason(BanKind kind, string value, string expected)
    {
        Assert.False(Ban.TryCreate(kind, value, out _, out var error));
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.StartsWith($"'{value}' ", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Bans_of_different_kinds_have_different_ids() =>
        Assert.NotEqual(BanExtensions.Make(BanKind.Client, "k1").Id, BanExtensions.Make(BanKind.Key, "k1").Id);
}
