using System.Net;
using HeartbeatGateway.Server.Bans;

namespace HeartbeatGateway.Server.Tests.Bans;

/// <summary>Networks are found as the framework finds them, one by one.</summary>
public sealed class PrefixTableTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_network_of_an_address_is_found_and_no_other(bool isV6)
    {
        var random = new Random(7);
        var table = new PrefixTable(isV6);
        var networks = Enumerable.Range(0, 500).Select(_ => Network(random, isV6)).Where(n => Ban.TryCreate(BanKind.Address, n, out _, out _)).Distinct(StringComparer.Ordinal).ToList();
        foreach (var network in networks) table.Set(new BanEntry(BanExtensions.Make(BanKind.Address, network), refused: 0));
        AssertFinds(networks);
        foreach (var network in networks.Where((_, i) => i % 2 == 0)) table.Remove(BanExtensions.Make(BanKind.Address, network));
        AssertFinds([.. networks.Where((_, i) => i % 2 == 1)]);

        void AssertFinds(IReadOnlyList<string> present)
        {
            for (var i = 0; i < 1000; i++)
            {
                var address = new IPAddress(Bytes(random, isV6));
                var expected = present.Where(n => IPNetwork.Parse(n.Contains('/', StringComparison.Ordinal) ? n : $"{n}/{(isV6 ? 128 : 32)}").Contains(address));
                var found = table.Of(NetworkPrefix.From(new IPEndPoint(address, 1))!.Value.Bits).Select(e => e.Ban.Value).ToList();
                Assert.Equal(expected.Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
                Assert.Equal(found, found.OrderByDescending(n => BanExtensions.Make(BanKind.Address, n).Network.Length));
            }
        }
    }

    /// <summary>Few different bytes, so that networks overlap and addresses are in some.</summary>
    private static byte[] Bytes(Random random, bool isV6) => [.. Enumerable.Range(0, isV6 ? 16 : 4).Select(i => (byte)(i == 0 ? 0x20 : random.Next(4) * 64))];

    private static string Network(Random random, bool isV6)
    {
        var bytes = Bytes(random, isV6);
        var length = random.Next(0, (bytes.Length * 8) + 1);
        for (var bit = length; bit < bytes.Length * 8; bit++) bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        var address = new IPAddress(bytes);
        return length == bytes.Length * 8 ? $"{address}" : $"{address}/{length}";
    }
}
