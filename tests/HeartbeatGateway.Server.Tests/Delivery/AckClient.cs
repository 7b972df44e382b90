using System.Buffers;
using System.Text;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Delivery;

/// <summary>One connection of a client with the feature <c>ack</c>, which sends numbered frames and reads the numbers of those that it receives.</summary>
internal sealed class AckClient(InMemoryClient client)
{
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(20);
    private byte[] _unread = [];

    public InMemoryClient Client => client;

    public WelcomePayload Welcome { get; private set; } = null!;

    public ClosePayload? Close { get; private set; }

    /// <summary>The numbers of the acknowledgements, in the order in which they came.</summary>
    public List<long> Acks { get; } = [];

    /// <summary>The types of all frames, in the order in which they came.</summary>
    public List<string> Types { get; } = [];

    public static HelloPayload Hello(string clientId = "pump-17", string? instance = "instance-a", long? attempt = 1, long? sent = null, string? resume = null, bool acceptsClose = true) =>
        EngineHarness.Hello(clientId, instance, attempt, resume, acceptsClose: acceptsClose) with
        {
            Features = acceptsClose ? [ProtocolFeatures.Close, ProtocolFeatures.Ack] : [ProtocolFeatures.Ack],
            Sent = sent,
        };

    /// <summary>A client that has its welcome and is not confirmed.</summary>
    public static async Task<AckClient> WelcomedAsync(EngineHarness gateway, HelloPayload? hello = null)
    {
        var (client, welcome) = await gateway.IdentifiedAsync(hello ?? Hello());
        return new AckClient(client) { Welcome = welcome };
    }

    /// <summary>A client that is confirmed.</summary>
    public static async Task<AckClient> ConfirmedAsync(EngineHarness gateway, HelloPayload? hello = null)
    {
        var client = await WelcomedAsync(gateway, hello);
        await client.AckAsync(0);
        return client;
    }

    public byte[] Frame(long number, string? content = null, long? generation = null, string type = "message") => client.Signer.EncodeNumbered(
        Encoding.UTF8.GetBytes(type), Encoding.UTF8.GetBytes(content ?? $"{number}"), client.UnixSeconds, new FrameNumber(number, generation ?? Welcome.Generation)).ToArray();

    public byte[] Frames(params IEnumerable<long> numbers) => [.. numbers.SelectMany(n => Frame(n))];

    public Task SendAsync(params IEnumerable<long> numbers) => client.SendAsync(Frames(numbers));

    public Task AckAsync(long number, long? generation = null) => client.SendAsync(Frame(number, "", generation, "ack"));

    /// <summary>Reads what has come, without waiting.</summary>
    public AckClient Read()
    {
        _unread = [.. _unread, .. client.TakeBytes()];
        var buffer = new ReadOnlySequence<byte>(_unread);
        Span<byte> scratch = stackalloc byte[FrameFormat.HeaderLength];
        var reader = default(FrameReader);
        while (reader.TryRead(ref buffer, scratch, int.MaxValue, FrameResync.Strict, out var frame) == FrameReadStatus.Complete)
        {
            Types.Add(frame.TypeText);
            if (frame.Kind == FrameKind.Ack)
            {
                Assert.Equal(FrameNumberStatus.Numbered, frame.ReadNumber(out var number));
                Assert.Equal(Welcome.Generation, number.Generation);
                Assert.True(frame.Content.IsEmpty);
                Acks.Add(number.Number);
            }

            if (frame.Kind == FrameKind.Close && ClosePayload.TryParse(frame.Content, out var close)) Close = close;
        }

        _unread = buffer.ToArray();
        return this;
    }

    /// <summary>Reads until a condition holds. Fails after a long time.</summary>
    public async Task UntilAsync(Func<AckClient, bool> condition)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!condition(Read()))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < MaxWait, $"It did not happen: acknowledged {string.Join(", ", Acks)}, received {string.Join(", ", Types)}.");
            await Task.Yield();
        }
    }

    /// <summary>Reads until the gateway has acknowledged through a number.</summary>
    public Task AcknowledgedAsync(long number) => UntilAsync(c => c.Acks.Count > 0 && c.Acks[^1] >= number);

    /// <summary>The gateway closes the connection, and the client closes its side.</summary>
    public async Task<ClosePayload> ClosedAsync()
    {
        await UntilAsync(c => c.Close is not null);
        client.CloseOutput();
        await client.Handler;
        return Close!;
    }

    /// <summary>The client cuts its connection.</summary>
    public async Task CutAsync()
    {
        client.CloseOutput();
        await client.Handler;
    }
}
