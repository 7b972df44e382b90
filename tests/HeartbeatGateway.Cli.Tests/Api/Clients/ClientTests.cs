namespace HeartbeatGateway.Cli.Tests.Api.Clients;

public sealed class ClientTests
{
    [Fact]
    public async Task Shows_the_connection_and_why_the_latest_ones_ended()
    {
        var run = Contract.Gateway().Run();
        Assert.Equal(ExitCode.Success, await run.LineAsync("client pump-17"));
        Assert.Equal(
            """
            pump-17: connected for 32 min 57 s, last byte 4.2 s ago
              connection  #4711 from 192.0.2.17:50112, since 2026-11-22 09:27:02Z
              key         k1
              session     5e0d7a2c9b6f4c1e8a3d2f4b6c8e0a1b, generation 1795341600123
              reconnects  2
              library     acme-pump/2.1
              features    notice
              heartbeat   timeout 7.5 s, negotiated; last ping 4.2 s ago, jitter 10 ms
              gaps        ▆▆▆▆  5 s to 5.02 s, median 5.01 s; full bar: the limit of 7.5 s
              received    60.9 KiB in 395 frames, the last byte 4.2 s ago
              sent        60.9 KiB in 395 frames, the last byte 4.2 s ago; 0 B wait
              TCP         RTT 23.1 ms ± 4.2 ms; 3 retransmits, 0 of them unanswered; 0 segments unacknowledged, the last acknowledgement 4.2 s ago
            latest disconnects
            2026-11-22 03:12:07Z  reader_idle by network, connected for 32 min 57 s, from 192.0.2.17:50112, #12
              cause       network_loss: nothing arrived for 7.52 s (limit 7.5 s), and TCP got no acknowledgement: packets were lost. Look at the network of the device
              gaps        ▆▆█  5 s to 7.1 s, median 5.01 s; full bar: the limit of 7.5 s
              TCP         RTT 23.1 ms ± 4.2 ms; 9 retransmits, 4 of them unanswered; 2 segments unacknowledged, the last acknowledgement 7.9 s ago
            2026-11-22 03:13:00Z  peer_closed by client, connected for 10 s, from 192.0.2.18:50113, #13

            """, run.Output);
    }

    [Fact]
    public async Task A_client_that_is_gone_still_has_its_disconnects()
    {
        var api = Contract.Gateway().On("GET clients/pump-17", Reply.Problem(404, "client_gone", "The client 'pump-17' is not connected."));
        var run = api.Run();
        Assert.Equal(ExitCode.NotFound, await run.LineAsync("client pump-17 --disconnects 3"));
        Assert.StartsWith("latest disconnects\n2026-11-22 03:12:07Z  reader_idle by network", run.Output, StringComparison.Ordinal);
        Assert.Equal("hbg: The client 'pump-17' is not connected.\n", run.Errors);
        Assert.Equal("?id=pump-17&limit=3", api.Requests[^1].Query);
    }

    [Fact]
    public async Task An_older_gateway_has_no_disconnects()
    {
        var run = new FakeApi().On("GET clients/pump-17", Contract.Details).Run();
        Assert.Equal(ExitCode.Success, await run.LineAsync("client pump-17"));
        Assert.Contains("pump-17: connected", run.Output, StringComparison.Ordinal);
        Assert.Equal("hbg: this gateway is too old to keep disconnects; its log has them.\n", run.Errors);
    }

    [Fact]
    public async Task A_gateway_that_gives_little_is_shown_with_what_it_gives()
    {
        var run = new FakeApi().On("GET clients/a", """{"connection":{"clientId":"a"},"heartbeat":{"gapsSeconds":[]},"tcp":{}}""").On("GET disconnects", """{"disconnects":[]}""").Run();
        Assert.Equal(ExitCode.Success, await run.LineAsync("client a"));
        Assert.StartsWith("a: - for -, last byte - ago\n", run.Output, StringComparison.Ordinal);
        Assert.EndsWith("no disconnects are kept\n", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_id_is_one_segment_of_the_address()
    {
        var api = new FakeApi();
        await api.Run().LineAsync("client ../status?x");
        Assert.Equal("GET clients/..%2Fstatus%3Fx", api.Requests[0].Route);
    }
}
