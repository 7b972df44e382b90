using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Disconnects;

namespace HeartbeatGateway.Server.Tests.Disconnects;

public sealed class DisconnectHistoryTests
{
    [Fact]
    public void Shows_the_newest_first_and_keeps_as_many_as_it_may()
    {
        var history = new DisconnectHistory(clients: 100, strangers: 10);
        Assert.Empty(history.Read());
        for (var i = 0; i < 250; i++) history.Add(Record(isConnected: true));
        Assert.Equal(Enumerable.Range(151, 100).Reverse().Select(n => (long)n), history.Read().Select(r => r.Number));
    }

    [Fact]
    public void Connections_without_a_valid_frame_displace_no_client()
    {
        var history = new DisconnectHistory(clients: 100, strangers: 10);
        history.Add(Record(isConnected: true));
        for (var i = 0; i < 1000; i++) history.Add(Record(isConnected: false));
        history.Add(Record(isConnected: true));
        Assert.Equal([1002, 1001, 1000, 999, 998, 997, 996, 995, 994, 993, 992, 1], history.Read().Select(r => r.Number));
    }

    [Fact]
    public async Task A_reader_sees_falling_numbers_while_others_add()
    {
        var history = new DisconnectHistory(clients: 128, strangers: 64);
        using var stop = new CancellationTokenSource();
        var adding = Enumerable.Range(0, 2).Select(isConnected => Task.Run(() =>
        {
            while (!stop.IsCancellationRequested) history.Add(Record(isConnected == 1));
        })).ToList();
        // Until both rings are full, since the tasks may start late.
        for (var i = 0; i < 2000 || history.Read().Count() < 192; i++)
        {
            var numbers = history.Read().Select(r => r.Number).ToList();
            Assert.True(numbers.Zip(numbers.Skip(1)).All(pair => pair.First > pair.Second));
            Assert.InRange(numbers.Count, 0, 192);
        }

        await stop.CancelAsync();
        await Task.WhenAll(adding);
        Assert.Equal(192, history.Read().Count());
    }

    private static DisconnectRecord Record(bool isConnected) => new()
    {
        Time = DateTimeOffset.UnixEpoch,
        ConnectionId = default,
        IsConnected = isConnected,
        ClientId = null,
        Generation = null,
        RemoteEndPoint = null,
        KeyId = null,
        Reason = CloseReason.PeerClosed,
        Detail = null,
        Lifetime = default,
        BytesRead = 0,
        BytesWritten = 0,
        FramesRead = 0,
        FramesWritten = 0,
        PostMortem = null,
    };
}
