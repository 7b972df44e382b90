using System.Net;
using HeartbeatGateway.Telemetry;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Transport;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Tests.Transport;

/// <summary>Which HTTP connection gives its place to a new one.</summary>
public sealed class HttpConnectionTableTests : IDisposable
{
    private const int MaxConnections = 8;
    private const int PerAddress = 4;

    private readonly TestMeterFactory _meters = new();
    private readonly TestClock _time = new();
    private readonly List<Peer> _peers = [];
    private readonly HttpConnectionTable _table;

    public HttpConnectionTableTests() => _table = new HttpConnectionTable(MaxConnections, PerAddress, _time, new HttpMetrics(_meters));

    public void Dispose() => _meters.Dispose();

    [Fact]
    public void The_connection_that_has_waited_longest_is_replaced()
    {
        var peers = Add("127.0.0.1", MaxConnections);
        peers[0].Http.BeginRequest(isHealthCheck: false, _time.GetTimestamp());
        _time.Advance(TimeSpan.FromSeconds(1));
        peers[0].Http.EndRequest(_time.GetTimestamp());
        Add("127.0.0.1", 1);
        Assert.Equal([peers[1]], Closed);
        Assert.Equal(MaxConnections, _table.Count);
    }

    [Fact]
    public void A_waiting_connection_is_replaced_before_one_with_a_request_in_progress()
    {
        var peers = Add("127.0.0.1", MaxConnections);
        foreach (var peer in peers.Where(p => p != peers[5])) peer.Http.BeginRequest(isHealthCheck: false, _time.GetTimestamp());
        Add("127.0.0.1", 1);
        Assert.Equal([peers[5]], Closed);
        _peers[^1].Http.BeginRequest(isHealthCheck: false, _time.GetTimestamp());
        Add("127.0.0.1", 1);
        Assert.Equal([peers[0], peers[5]], Closed);
    }

    [Fact]
    public void The_first_health_check_of_a_connection_is_never_replaced_and_a_later_one_is_an_ordinary_request()
    {
        var peers = Add("127.0.0.1", MaxConnections);
        foreach (var peer in peers) peer.Http.BeginRequest(isHealthCheck: true, _time.GetTimestamp());
        Assert.False(TryAdd("127.0.0.1"));
        peers[3].Http.EndRequest(_time.GetTimestamp());
        peers[3].Http.BeginRequest(isHealthCheck: true, _time.GetTimestamp());
        Assert.True(TryAdd("127.0.0.1"));
        Assert.Equal([peers[3]], Closed);
    }

    [Fact]
    public void An_address_above_its_bound_replaces_its_own_connections()
    {
        Add("192.0.2.1", 1);
        var peers = Add("192.0.2.2", PerAddress);
        Add("192.0.2.2", 1);
        Assert.Equal([peers[0]], Closed);
        foreach (var peer in _peers) peer.Http.BeginRequest(isHealthCheck: true, _time.GetTimestamp());
        Assert.False(TryAdd("192.0.2.2"));
        Assert.True(TryAdd("192.0.2.3"));
    }

    [Theory]
    [InlineData("2001:db8::1", "2001:db8::2", true)]
    [InlineData("2001:db8::1", "2001:db8:0:1::1", false)]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1", true)]
    public void A_network_of_64_bits_and_a_mapped_address_are_one_address(string first, string second, bool isSame)
    {
        Add(first, PerAddress);
        Add(second, 1);
        Assert.Equal(isSame ? 1 : 0, Closed.Count());
    }

    [Fact]
    public void Other_machines_leave_places_for_this_one()
    {
        for (var i = 0; i < 20; i++) Add($"192.0.2.{i}", 1);
        Assert.Equal(MaxConnections - 2, _table.Count);
        // Both places that are kept, by whatever address this machine reaches itself.
        var local = Add("127.0.0.3", 1);
        Assert.True(TryAdd("10.0.0.7", own: "10.0.0.7"));
        Assert.Equal(MaxConnections, _table.Count);
        Add("192.0.2.99", 1);
        Assert.DoesNotContain(local[0], Closed);
    }

    [Fact]
    public void A_flood_of_few_addresses_replaces_its_own_connections_and_not_those_of_others()
    {
        var other = Add("198.51.100.1", 1);
        _time.Advance(TimeSpan.FromSeconds(10));
        for (var i = 0; i < 1_000; i++) Add(i % 2 == 0 ? "192.0.2.1" : "192.0.2.2", 1)[0].Http.BeginRequest(isHealthCheck: false, _time.GetTimestamp());
        Assert.DoesNotContain(other[0], Closed);
        Assert.Equal(MaxConnections - 2, _table.Count);
    }

    [Fact]
    public void A_flood_from_this_machine_does_not_keep_others_out()
    {
        Add("127.0.0.1", 100);
        var other = Add("198.51.100.1", 1);
        Add("127.0.0.1", 100);
        Assert.DoesNotContain(other[0], Closed);
    }

    [Fact]
    public void A_socket_that_is_not_yet_a_connection_is_not_closed()
    {
        for (var i = 0; i < MaxConnections; i++) Assert.True(_table.TryAdd(new object(), new IPEndPoint(IPAddress.Loopback, 1), null, out _));
        Assert.False(TryAdd("127.0.0.1"));
    }

    [Fact]
    public async Task A_closed_connection_frees_its_place()
    {
        var peers = Add("127.0.0.1", MaxConnections);
        peers[2].Abort();
        await peers[2].Gone.Task.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.Equal(MaxConnections - 1, _table.Count);
        Add("127.0.0.1", 1);
        Assert.Single(Closed);
    }

    private IEnumerable<Peer> Closed => _peers.Where(p => p.IsClosed);

    private List<Peer> Add(string address, int count)
    {
        var first = _peers.Count;
        for (var i = 0; i < count; i++) Assert.True(TryAdd(address));
        return _peers[first..];
    }

    private bool TryAdd(string address, string own = "192.0.2.200")
    {
        _time.Advance(TimeSpan.FromMilliseconds(1));
        var peer = new Peer();
        if (!_table.TryAdd(peer, new IPEndPoint(IPAddress.Parse(address), 1), new IPEndPoint(IPAddress.Parse(own), 8080), out _)) return false;
        _table.Attach(peer, peer);
        _peers.Add(peer);
        return true;
    }

    private sealed class Peer : DefaultConnectionContext
    {
        // Callbacks run in reverse order: when this one runs, the table has removed the connection.
        public Peer() => ConnectionClosed.Register(Gone.SetResult);

        public TaskCompletionSource Gone { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public HttpConnection Http => Features.Get<HttpConnection>()!;

        public bool IsClosed { get; private set; }

        public override void Abort(ConnectionAbortedException abortReason)
        {
            IsClosed = true;
            base.Abort(abortReason);
        }
    }
}
