using System.Net;
using HeartbeatGateway.Server.Bans;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Bans;

/// <summary>A ban that is made at the moment in which its client connects.</summary>
public sealed class BanRaceTests
{
    private const int Rounds = 200;

    [Theory]
    [InlineData(BanKind.Client, "pump-17")]
    [InlineData(BanKind.Key, "k1")]
    [InlineData(BanKind.Address, "198.51.100.0/24")]
    public async Task No_connection_that_a_ban_matches_stays_open_whichever_comes_first(BanKind kind, string value)
    {
        using var gateway = new EngineHarness(minimumLevel: Microsoft.Extensions.Logging.LogLevel.None);
        for (var round = 0; round < Rounds; round++)
        {
            using var start = new Barrier(2);
            var connecting = Task.Run(
                async () =>
                {
                    start.SignalAndWait();
                    var client = gateway.Connect(IPAddress.Parse("198.51.100.7"));
                    await client.HelloAsync(EngineHarness.Hello());
                    return client;
                },
                TestContext.Current.CancellationToken);
            var banning = Task.Run(
                () =>
                {
                    start.SignalAndWait();
                    return gateway.Ban(kind, value).Matches.Ban;
                },
                TestContext.Current.CancellationToken);
            var (client, ban) = (await connecting, await banning);
            Assert.All(gateway.Engine.Table.All(), connection => Assert.True(connection.HasEnded, $"round {round}: a banned connection is open"));
            client.CloseOutput();
            await client.Handler.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
            Assert.True(gateway.Engine.Bans.Remove(ban.Id));
        }

        gateway.AssertBalanced();
    }
}
