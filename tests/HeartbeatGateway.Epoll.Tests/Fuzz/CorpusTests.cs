using HeartbeatGateway.Epoll.Tests.Support;
using HeartbeatGateway.Fuzz;

namespace HeartbeatGateway.Epoll.Tests.Fuzz;

/// <summary>The fuzzer's inputs for a whole connection, on real sockets.</summary>
public sealed class CorpusTests
{
    [Fact]
    public void Each_connection_of_the_corpus_ends_for_one_reason_and_leaves_nothing()
    {
        using var wire = new Wire();
        var target = new ConnectionTarget(gateway => new EpollClient(wire, gateway));
        var inputs = Corpus.Of("connection");
        foreach (var (name, bytes) in inputs)
        {
            var fault = Record.Exception(() => target.Run(bytes));
            Assert.True(fault is null, $"{name}: {fault}");
        }

        Assert.Equal(0, wire.Loop.ConnectionCount);
        TestContext.Current.TestOutputHelper?.WriteLine($"{inputs.Count} inputs");
    }
}
