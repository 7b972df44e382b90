using System.Net.Sockets;

namespace HeartbeatGateway.Tests.Api;

/// <summary>Events over real sockets are in order for each client id while several threads take its connections over, close and kick them.</summary>
public sealed class EventOrderTests
{
    private const int Threads = 4;
    private const int Rounds = 60;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Readers_of_a_takeover_storm_arrive_at_the_snapshot_from_wherever_they_begin(int seed)
    {
        await using var api = await ApiFixture.StartAsync("--Gateway:Admin:RequestsPerSecond=0");
        await using var first = await EventReader.OpenAsync(api);
        var storm = Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() => StormAsync(api, new Random(HashCode.Combine(seed, thread))))));
        var later = new List<(PresenceFollower State, EventReader Reader)> { (new PresenceFollower(null), first) };
        for (var i = 1; i <= 4 && !storm.IsCompleted; i++)
        {
            while (api.Host.Engine.LastPresenceEvent < i * Threads * Rounds / 5 && !storm.IsCompleted) await Task.Yield();
            var snapshot = (await api.GetAsync("presence")).Json;
            later.Add((new PresenceFollower(snapshot), await EventReader.OpenAsync(api, snapshot.GetProperty("lastEventId").GetString())));
        }

        await storm;
        var last = (await api.GetAsync("presence")).Json;
        Assert.True(last.GetProperty("watermark").GetInt64() >= Threads * Rounds);
        foreach (var (state, reader) in later)
        {
            await state.FollowAsync(reader, last.GetProperty("watermark").GetInt64());
            state.AssertEquals(last);
            await reader.DisposeAsync();
        }
    }

    private static async Task StormAsync(ApiFixture api, Random random)
    {
        var open = new List<Socket>();
        for (var round = 0; round < Rounds; round++)
        {
            var id = $"pump-{random.Next(3)}";
            open.Add((await api.HelloAsync(id, random.Next(2) == 0 ? "instance-a" : null)).Socket);
            switch (random.Next(6))
            {
                case 0:
                    open[random.Next(open.Count)].Dispose();
                    break;
                case 1:
                    // A reset.
                    var reset = open[^1];
                    reset.LingerState = new LingerOption(true, 0);
                    reset.Dispose();
                    break;
                case 2:
                    await api.SendAsync("DELETE", $"clients/{id}");
                    break;
                default:
                    break;
            }
        }
    }
}
