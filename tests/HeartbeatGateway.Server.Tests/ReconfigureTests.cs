using System.Collections;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests;

/// <summary>Two calls of <c>Reconfigure</c> at a time.</summary>
public sealed class ReconfigureTests
{
    [Fact]
    public void The_later_of_two_calls_stays_in_force()
    {
        using var gateway = new EngineHarness();
        using var reached = new SemaphoreSlim(0);
        using var released = new SemaphoreSlim(0);
        var earlier = Options(1_000);
        earlier.Proxy.TrustedNetworks = new SlowList(reached, released);
        var first = new Thread(() => gateway.Engine.Reconfigure(earlier));
        first.Start();
        Assert.True(reached.Wait(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));

        // The first call is in progress. The second one ends, if it may run beside the first, or waits.
        var second = new Thread(() => gateway.Engine.Reconfigure(Options(2_000)));
        second.Start();
        SpinWait.SpinUntil(() => second.Join(0) || second.ThreadState.HasFlag(ThreadState.WaitSleepJoin));
        released.Release();
        first.Join();
        second.Join();
        Assert.Equal(2_000, gateway.Engine.Settings.MaxContentBytes);
    }

    [Fact]
    public void A_refused_call_does_not_keep_the_next_one_waiting()
    {
        using var gateway = new EngineHarness();
        Assert.Throws<GatewayOptionsException>(() => gateway.Engine.Reconfigure(Options(-1)));
        gateway.Engine.Reconfigure(Options(3_000));
        Assert.Equal(3_000, gateway.Engine.Settings.MaxContentBytes);
    }

    private static GatewayOptions Options(int maxContentBytes)
    {
        var options = new GatewayOptions();
        options.Tokens.Keys.Add(new TokenKeyOptions { Id = TestSecrets.KeyId, Secret = TestSecrets.Secret });
        options.Frames.MaxContentBytes = maxContentBytes;
        return options;
    }

    /// <summary>An empty list that takes its time.</summary>
    private sealed class SlowList(SemaphoreSlim reached, SemaphoreSlim released) : IList<string>
    {
        private readonly List<string> _items = [];
        private int _reads;

        public int Count => _items.Count;

        public bool IsReadOnly => true;

        public string this[int index]
        {
            get => _items[index];
            set => _items[index] = value;
        }

        public IEnumerator<string> GetEnumerator()
        {
            if (Interlocked.Increment(ref _reads) == 1)
            {
                reached.Release();
                released.Wait();
            }

            return _items.GetEnumerator();
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        public void Add(string item) => _items.Add(item);

        public void Clear() => _items.Clear();

        public bool Contains(string item) => _items.Contains(item);

        public void CopyTo(string[] array, int arrayIndex) => _items.CopyTo(array, arrayIndex);

        public bool Remove(string item) => _items.Remove(item);

        public int IndexOf(string item) => _items.IndexOf(item);

        public void Insert(int index, string item) => _items.Insert(index, item);

        public void RemoveAt(int index) => _items.RemoveAt(index);
    }
}
