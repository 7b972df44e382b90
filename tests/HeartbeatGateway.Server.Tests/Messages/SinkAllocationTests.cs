using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Server.Options;

namespace HeartbeatGateway.Server.Tests.Messages;

/// <summary>What passing a message through the sinks allocates, in bytes, which do not depend on the machine.</summary>
[Collection(nameof(CostTests))]
public sealed class SinkAllocationTests
{
    [Theory]
    [InlineData("log")]
    [InlineData("inprocess")]
    public void A_message_of_a_single_sink_costs_nothing_in_addition(string sink)
    {
        using var bench = new SinkBench(sink);
        bench.Options.Messages.LogContent = MessageLogContent.None;
        bench.Reconfigure();
        using var sinks = new MessageSinks(bench.Context, bench.Options.Messages.Sinks, new SinkSources(true, () => new Empty(), () => []));
        var messages = Enumerable.Range(0, 1_001).Select(i => bench.Message("x", isNumbered: false)).ToList();
        Send(1_000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++) Send(i);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 500);
        Assert.Equal(1_001, sinks.All.Single().Read().Delivered);

        void Send(int i)
        {
            var call = sinks.AcceptAsync(messages[i], CancellationToken.None);
            CompletedCall.Release(call);
        }
    }

    private sealed class Empty : IMessageSink
    {
        public ValueTask AcceptAsync(GatewayMessage message, CancellationToken cancellationToken) => default;
    }
}
