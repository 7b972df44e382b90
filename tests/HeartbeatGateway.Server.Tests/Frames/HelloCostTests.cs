using System.Text;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Server.Connection;
using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Server.Tests.Clients;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Frames;

/// <summary>Bounds of the processor time that hellos take.</summary>
public sealed class HelloCostTests
{
    [Theory]
    [InlineData(4096, true)]
    [InlineData(4097, false)]
    [InlineData(65_536, false)]
    public async Task A_hello_has_at_most_4096_bytes(int bytes, bool isWelcomed)
    {
        using var gateway = new EngineHarness();
        var client = await gateway.ConnectedAsync();
        var hello = Encoding.UTF8.GetString(EngineHarness.Hello().ToJson());
        await client.SendAsync(client.Frame("hello", Padded(hello, bytes)));
        if (isWelcomed)
        {
            await client.ReadWelcomeAsync();
            return;
        }

        var close = await client.ClosedWithFrameAsync();
        Assert.Equal((CloseReason.BadHello, $"the content has {bytes} bytes, but a hello has at most 4096"), (close.Reason, close.Detail));
        Assert.Equal(1, gateway.Closed("bad_hello"));
    }

    [Fact]
    public async Task Larger_content_of_that_type_that_is_no_hello_is_a_message()
    {
        var sink = new Sink();
        using var gateway = new EngineHarness(sink: sink);
        var client = await gateway.ConnectedAsync();
        await client.SendAsync(client.Frame("hello", Padded("""{"greeting":"good morning"}""", 10_000)));
        await client.SendAsync(client.Frame("hello", new string('x', 60_000)));
        await EngineHarness.SettleAsync();
        Assert.Equal(2, sink.Received);
        Assert.False(client.Handler.IsCompleted);
    }

    [Fact]
    public void Every_field_at_its_largest_fits()
    {
        var hello = new HelloPayload
        {
            ClientId = new string('c', 128),
            Instance = new string('i', 128),
            Attempt = long.MaxValue,
            Nonce = new string('n', 128),
            Heartbeat = TimeSpan.FromSeconds(86_399.999),
            Resume = new string('r', 128),
            Features = [.. Enumerable.Range(0, 32).Select(i => new string('f', 64))],
        };
        Assert.InRange(hello.ToJson().Length, 2_000, HelloPayload.MaxBytes);
    }

    [Fact]
    public void Hellos_use_up_the_read_budget_before_their_bytes_do()
    {
        var time = new SteppedTimeProvider(DateTimeOffset.UnixEpoch.AddYears(50));
        var budget = default(ReadBudget);
        budget.Note(32 * 1024, time.GetTimestamp(), time);
        for (var i = 0; i < 2; i++) budget.Charge(4096 * 16);
        Assert.False(budget.IsOvercharged);
        budget.Charge(1);
        Assert.True(budget is { IsOvercharged: true, IsSpent: true });
        budget.Renew();
        Assert.False(budget.IsOvercharged || budget.IsSpent);

        budget.Charge(int.MaxValue);
        budget.Charge(int.MaxValue);
        Assert.True(budget.IsOvercharged);
        time.Advance(TimeSpan.FromMilliseconds(11));
        budget.Note(1, time.GetTimestamp(), time);
        Assert.False(budget.IsOvercharged || budget.IsSpent);
    }

    [Fact]
    public async Task Costly_frames_of_one_read_are_handled_on_several_threads_and_all_of_them_in_order()
    {
        var sink = new Sink();
        using var gateway = new EngineHarness(sink: sink);
        var client = await gateway.ConnectedAsync();
        // A hello without a client id is a message, and can come as often as the client likes. Below the budget of a read by its bytes.
        var frame = client.Frame("hello", Padded("""{"greeting":"good morning"}""", 4_000));
        byte[] burst = [.. Enumerable.Repeat(frame, 25).SelectMany(f => f), .. client.Ping];
        // A thread that waits for nothing else: frames that are handled later are handled by another one.
        var sender = new Thread(() => client.SendAsync(burst).GetAwaiter().GetResult());
        sender.Start();
        Assert.Equal("ping", (await client.ReadFrameAsync().WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken)).Type);
        sender.Join();
        Assert.Equal(25, sink.Received);
        Assert.InRange(sink.Threads.Count(thread => thread == sender.ManagedThreadId), 1, 4);
    }

    private static string Padded(string json, int bytes) => json[..^1] + ",\"x\":\"" + new string('x', bytes - json.Length - 7) + "\"}";

    private sealed class Sink : IMessageSink
    {
        public List<int> Threads { get; } = [];

        public int Received => Threads.Count;

        public ValueTask AcceptAsync(GatewayMessage message, CancellationToken cancellationToken)
        {
            Threads.Add(Environment.CurrentManagedThreadId);
            return default;
        }
    }
}
