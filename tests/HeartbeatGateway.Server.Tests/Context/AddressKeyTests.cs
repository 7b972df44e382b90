using System.Net;
using HeartbeatGateway.Server.Context;

namespace HeartbeatGateway.Server.Tests.Context;

public sealed class AddressKeyTests
{
    [Theory]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("::1", "0.0.0.0", false)]
    public void The_key_is_an_ipv4_address_or_an_ipv6_network(string one, string other, bool same) =>
        Assert.Equal(same, Key(one) == Key(other));

    [Fact]
    public void Ports_are_not_part_of_the_key() =>
        Assert.Equal(AddressKey.From(new IPEndPoint(IPAddress.Loopback, 1)), AddressKey.From(new IPEndPoint(IPAddress.Loopback, 2)));

    [Fact]
    public void A_transport_without_an_address_has_the_kind_none()
    {
        Assert.Equal(AddressKey.Kind.None, AddressKey.From(null).Family);
        Assert.Equal(AddressKey.Kind.None, AddressKey.From(new DnsEndPoint("localhost", 1)).Family);
    }

    private static AddressKey Key(string address) => AddressKey.From(new IPEndPoint(IPAddress.Parse(address), 1));
}
