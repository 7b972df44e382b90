using System.Net;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Context;

public sealed class KindLinesTests
{
    private readonly TestClock _time = new();

    [Fact]
    public void An_address_has_a_burst_and_a_rate_of_its_own()
    {
        var lines = new KindLines();
        var budget = Budget(burst: 1_000, perSecond: 1_000, addressBurst: 10, addressPerSecond: 5);
        Assert.Equal(10, Take(lines, budget, "192.0.2.1", 100));
        Assert.Equal(10, Take(lines, budget, "192.0.2.2", 100));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(5, Take(lines, budget, "192.0.2.1", 100));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(10, Take(lines, budget, "192.0.2.1", 100));
    }

    [Fact]
    public void The_kind_has_a_burst_and_a_rate_over_all_addresses()
    {
        var lines = new KindLines();
        var budget = Budget(burst: 100, perSecond: 10, addressBurst: 100, addressPerSecond: 10);
        Assert.Equal(100, Enumerable.Range(1, 200).Sum(i => Take(lines, budget, $"192.0.2.{i}", 1)));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(10, Enumerable.Range(1, 200).Sum(i => Take(lines, budget, $"198.51.100.{i}", 1)));
    }

    [Fact]
    public void Busy_addresses_leave_a_quarter_of_the_budget_to_those_that_wrote_little()
    {
        var lines = new KindLines();
        var budget = Budget(burst: 400, perSecond: 1, addressBurst: 200, addressPerSecond: 1);
        // The third address is quiet for its first lines.
        Assert.Equal([200, 100, 20], Enumerable.Range(1, 3).Select(i => Take(lines, budget, $"192.0.2.{i}", 1_000)));
        Assert.Equal(2, Take(lines, budget, "198.51.100.1", 2));
        Assert.Equal(0, Take(lines, budget, "192.0.2.1", 1));
    }

    [Fact]
    public void An_IPv6_network_is_one_address_and_a_mapped_IPv4_address_is_IPv4()
    {
        var lines = new KindLines();
        var budget = Budget(burst: 1_000, perSecond: 1, addressBurst: 10, addressPerSecond: 1);
        Assert.Equal(10, Take(lines, budget, "2001:db8::1", 6) + Take(lines, budget, "2001:db8::2", 6));
        Assert.Equal(6, Take(lines, budget, "2001:db8:0:1::1", 6));
        Assert.Equal(10, Take(lines, budget, "192.0.2.1", 6) + Take(lines, budget, "::ffff:192.0.2.1", 6));
    }

    [Fact]
    public void A_report_names_the_addresses_with_the_most_suppressed_lines_and_counts_the_others()
    {
        var lines = new KindLines();
        var budget = Budget(burst: 1_000, perSecond: 1, addressBurst: 1, addressPerSecond: 1);
        Take(lines, budget, "192.0.2.1", 4);
        Take(lines, budget, "2001:db8::1", 3);
        Take(lines, budget, "192.0.2.2", 11);
        Assert.Equal(new SuppressedLines(15, "192.0.2.2 (10), 192.0.2.1 (3), 2001:db8::/64 (2)"), lines.TakeSuppressed());
        Assert.Null(lines.TakeSuppressed());
        for (var i = 1; i <= 5; i++) Take(lines, budget, $"198.51.100.{i}", 1 + i);
        var report = Assert.NotNull(lines.TakeSuppressed());
        Assert.Equal(15, report.Count);
        Assert.EndsWith(", 2 more", report.Addresses, StringComparison.Ordinal);
    }

    [Fact]
    public void More_addresses_than_the_table_holds_stay_within_the_budget_of_the_kind_and_are_counted()
    {
        var lines = new KindLines(capacity: 64);
        var budget = Budget(burst: 100, perSecond: 1, addressBurst: 50, addressPerSecond: 1);
        var taken = Enumerable.Range(0, 10_000).Sum(i => Take(lines, budget, $"10.0.{i / 256}.{i % 256}", 1));
        Assert.Equal(100, taken);
        Assert.Equal(9_900, lines.TakeSuppressed()?.Count);
    }

    [Fact]
    public void A_connection_without_an_address_counts_like_one_address()
    {
        var lines = new KindLines();
        var budget = Budget(burst: 100, perSecond: 1, addressBurst: 1, addressPerSecond: 1);
        Assert.True(lines.TryTake(default, budget, _time.GetTimestamp()));
        Assert.False(lines.TryTake(default, budget, _time.GetTimestamp()));
        Assert.Equal(new SuppressedLines(1, "no address (1)"), lines.TakeSuppressed());
    }

    private LineBudget Budget(int burst, int perSecond, int addressBurst, int addressPerSecond) => LineBudget.From(
        new LoggingOptions { Burst = burst, LinesPerSecond = perSecond, AddressBurst = addressBurst, AddressLinesPerSecond = addressPerSecond }, _time);

    private int Take(KindLines lines, LineBudget budget, string address, int count) =>
        Enumerable.Range(0, count).Count(_ => lines.TryTake(AddressKey.From(new IPEndPoint(IPAddress.Parse(address), 1)), budget, _time.GetTimestamp()));
}
