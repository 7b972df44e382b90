using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using CsCheck;
using HeartbeatGateway.Client.Tests.Support;

namespace HeartbeatGateway.Client.Tests.Acknowledgements;

/// <summary>Numbering and resume against a model, with random cuts, lost acknowledgements, restarts that lose the gateway's record, and repeated pushes.</summary>
public sealed class ResumeModelTests
{
    private static readonly Gen<Phase> Phases = Gen.Select(
        Gen.Int[0, 12], Gen.Int[0, 14], Gen.Int[0, 4], Gen.Int[0, 7], (sends, reads, pushes, bits) => new Phase(sends, reads, pushes, (bits & 1) == 1, (bits & 2) == 2, bits >= 6));

    [Fact]
    public async Task Every_message_arrives_in_order_and_the_program_sees_every_push_once() =>
        await Phases.Array[1, 6].SampleAsync(CheckAsync, iter: 200, threads: 1);

    private static async Task CheckAsync(Phase[] phases)
    {
        await using var harness = new ClientHarness(ClientHarness.Acknowledged with { BackoffResetAfter = TimeSpan.Zero, MaxUnacknowledged = 1000 });
        var gateway = new ModelGateway();
        var sending = new List<Task<long>>();
        var seen = new ConcurrentQueue<string>();
        var reading = SeeAsync(harness, seen);
        var pushed = new List<string>();
        var generation = 1000L;
        harness.Client.Start();
        foreach (var phase in phases)
        {
            for (var i = 0; i < phase.Sends; i++) sending.Add(SendAsync(harness, sending.Count + 1));
            var server = await harness.Network.AcceptAsync();
            await gateway.GreetAsync(server, ++generation, phase.Repeats, received: 0, sending.Count);
            // A message that is queued now tells where the client's frames end.
            sending.Add(SendAsync(harness, sending.Count + 1));
            if (phase.Repeats) gateway.Expire();
            for (var i = 0; i < phase.Pushes; i++)
            {
                pushed.Add($"push {pushed.Count}");
                await gateway.PushAsync(server, pushed[^1]);
            }

            var number = 0L;
            for (var i = 0; i < phase.Reads && number < sending.Count; i++) number = await gateway.ReadAsync(server, number);
            if (phase.Acknowledges) await gateway.AcknowledgeAsync(server);
            server.Reset();
            await harness.States.UntilAsync(GatewayClientStatus.Waiting);
            if (phase.Restarts) gateway.Restart();
            harness.Pass(1);
        }

        var last = await harness.Network.AcceptAsync();
        await gateway.GreetAsync(last, ++generation, repeats: true, received: 0, sending.Count);
        sending.Add(SendAsync(harness, sending.Count + 1));
        pushed.Add("the last push");
        await gateway.PushAsync(last, pushed[^1]);
        for (var number = 0L; number < sending.Count || !gateway.IsOutboxEmpty;) number = await gateway.ReadAsync(last, number);
        await gateway.AcknowledgeAsync(last);

        // Every caller got the number of its message.
        Assert.Equal(Enumerable.Range(1, sending.Count).Select(n => (long)n), await Task.WhenAll(sending).WaitAsync(Wait.Limit));
        Assert.Equal(0, harness.Client.State.UnacknowledgedMessages);
        var accepted = gateway.Accepted.SelectMany(l => l).ToHashSet(StringComparer.Ordinal);
        Assert.Equal(sending.Count, accepted.Count);
        Assert.All(gateway.Accepted, l => Assert.Equal(l.Order(Comparer<string>.Create((a, b) => Number(a).CompareTo(Number(b)))).Distinct(), l));
        Assert.Equal(sending.Count, harness.Client.Acknowledgements.Sent);
        Assert.Equal(sending.Count, harness.Client.Acknowledgements.Acknowledged);
        var disposing = harness.Client.DisposeAsync().AsTask();
        last.End();
        await disposing.WaitAsync(Wait.Limit);
        await reading.WaitAsync(Wait.Limit);
        // In order, none twice, and none missing that the client has acknowledged.
        Assert.Equal(pushed.Where(seen.ToHashSet().Contains), seen);
        Assert.All(gateway.AcknowledgedPushes, p => Assert.Contains(p, seen));
    }

    private static Task<long> SendAsync(ClientHarness harness, int number) =>
        harness.Client.SendAcknowledgedAsync("message", Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture)));

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static async Task SeeAsync(ClientHarness harness, ConcurrentQueue<string> seen)
    {
        await foreach (var message in harness.Client.ReadMessagesAsync()) seen.Enqueue(Encoding.UTF8.GetString(message.Content.Span));
    }

    /// <summary>One connection.</summary>
    /// <param name="Sends">Messages that are queued before it.</param>
    /// <param name="Reads">The most frames that the gateway reads before the cut.</param>
    /// <param name="Pushes">Messages that the gateway pushes.</param>
    /// <param name="Acknowledges">The gateway acknowledges what it has read; the cut may lose that.</param>
    /// <param name="Repeats">The gateway sends a push that the client has.</param>
    /// <param name="Restarts">The gateway loses its record after the cut.</param>
    private sealed record Phase(int Sends, int Reads, int Pushes, bool Acknowledges, bool Repeats, bool Restarts);
}
