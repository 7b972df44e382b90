using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Client.Tests.Support;

/// <summary>The gateway's end of a connection. The test controls it; it sends nothing on its own.</summary>
internal sealed class ServerConnection(PipeReader input, PipeWriter output, TokenKeyring keyring, TimeProvider time, PipeTransport? client)
{
    private FrameReader _reader;

    /// <summary>The client's end; only on in-memory connections.</summary>
    public PipeTransport Client => client ?? throw new InvalidOperationException("This connection uses a real socket.");

    /// <summary>The offset of this side's clock, which dates its frames.</summary>
    public TimeSpan ClockOffset { get; set; }

    public long BytesSent { get; private set; }

    public long UnixSeconds => (time.GetUtcNow() + ClockOffset).ToUnixTimeSeconds();

    public DateTimeOffset Now => time.GetUtcNow() + ClockOffset;

    /// <summary>Reads one frame; null at the end of the stream. The token must verify; any date is accepted.</summary>
    public async Task<ClientFrame?> TryReadAsync()
    {
        while (true)
        {
            var result = await input.ReadAsync().AsTask().WaitAsync(Wait.Limit);
            var buffer = result.Buffer;
            if (TryParse(ref buffer, out var frame))
            {
                input.AdvanceTo(buffer.Start);
                return frame;
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (!result.IsCompleted) continue;
            Assert.True(buffer.IsEmpty, "The client ended its stream inside a frame.");
            return null;
        }
    }

    public async Task<ClientFrame> ReadAsync(string? type = null)
    {
        var frame = await TryReadAsync() ?? throw new EndOfStreamException("The client closed the connection.");
        if (type is not null) Assert.Equal(type, frame.Type);
        return frame;
    }

    /// <summary>Reads to the end of the stream.</summary>
    public async Task<IReadOnlyList<ClientFrame>> ReadToEndAsync()
    {
        var frames = new List<ClientFrame>();
        while (await TryReadAsync() is { } frame) frames.Add(frame);
        return frames;
    }

    /// <summary>Reads a frame that has already arrived, without waiting.</summary>
    public bool TryTake(out ClientFrame frame)
    {
        frame = null!;
        if (!input.TryRead(out var result)) return false;
        var buffer = result.Buffer;
        var found = TryParse(ref buffer, out frame);
        input.AdvanceTo(buffer.Start, found ? buffer.Start : buffer.End);
        return found;
    }

    /// <summary>Answers hello and ping, so that the client is connected.</summary>
    public async Task<HelloPayload> WelcomeAsync(
        string session = "session-1", TimeSpan? heartbeat = null, bool reconnected = false, bool resumed = false, long generation = 1, int? limit = null)
    {
        var hello = (await ReadAsync("hello")).Hello;
        await ReadAsync("ping");
        await SendWelcomeAsync(session, heartbeat, reconnected, resumed, generation, limit);
        await SendPingAsync();
        return hello;
    }

    public Task SendWelcomeAsync(
        string session = "session-1", TimeSpan? heartbeat = null, bool reconnected = false, bool resumed = false, long generation = 1, int? limit = null) =>
        SendAsync("welcome", new WelcomePayload
        {
            SessionId = session,
            Generation = generation,
            Reconnected = reconnected,
            Resumed = resumed,
            Heartbeat = heartbeat ?? TimeSpan.FromSeconds(5),
            Timeout = TimeSpan.FromSeconds(7.5),
            MaxContentBytes = limit,
            ServerTime = Now,
            Features = [ProtocolFeatures.Close],
        }.ToJson());

    /// <summary>Answers a hello that asks for acknowledgements by granting them, answers the ping, and reads the client's first acknowledgement.</summary>
    /// <returns>The hello, and the number through which the client has received messages.</returns>
    public async Task<(HelloPayload Hello, long Received)> GrantAsync(long generation = 1000, long? accepted = null, string? pushes = "pushes-1", int? limit = null)
    {
        var hello = (await ReadAsync("hello")).Hello;
        Assert.Equal([ProtocolFeatures.Close, ProtocolFeatures.Ack], hello.Features);
        await ReadAsync("ping");
        await SendGrantAsync(generation, accepted, pushes, limit);
        await SendPingAsync();
        var first = await ReadAsync("ack");
        Assert.Equal((generation, 0), (first.Number!.Value.Generation, first.Content.Length));
        return (hello, first.Number.Value.Number);
    }

    public Task SendGrantAsync(long generation = 1000, long? accepted = null, string? pushes = "pushes-1", int? limit = null)
    {
        Generation = generation;
        return SendAsync("welcome", new WelcomePayload
        {
            SessionId = "session-1",
            Generation = generation,
            Reconnected = false,
            Resumed = false,
            Heartbeat = TimeSpan.FromSeconds(5),
            Timeout = TimeSpan.FromSeconds(7.5),
            MaxContentBytes = limit,
            ServerTime = Now,
            Accepted = accepted,
            Pushes = pushes,
            Features = [ProtocolFeatures.Close, ProtocolFeatures.Ack],
        }.ToJson());
    }

    /// <summary>The generation of the latest <see cref="SendGrantAsync"/>.</summary>
    public long Generation { get; private set; }

    /// <summary>Acknowledges the client's messages through a number.</summary>
    public Task SendAckAsync(long number, long? generation = null) => SendNumberedAsync("ack", "", number, generation);

    public Task SendNumberedAsync(string type, string content, long number, long? generation = null) =>
        SendRawAsync(EncodeNumbered(type, content, number, generation));

    public byte[] EncodeNumbered(string type, string content, long number, long? generation = null) => keyring.Keys[0].Bare.EncodeNumbered(
        Encoding.UTF8.GetBytes(type), Encoding.UTF8.GetBytes(content), UnixSeconds, new FrameNumber(number, generation ?? Generation)).ToArray();

    /// <summary>Sends a frame with any text after its date, and a token that covers it.</summary>
    public Task SendWithCreatedAsync(string type, string content, string afterDate)
    {
        var frame = Encode(type, Encoding.UTF8.GetBytes(content));
        Encoding.ASCII.GetBytes(afterDate).CopyTo(frame, FrameFormat.CreatedOffset + FrameDate.Length);
        var key = System.Security.Cryptography.HMACSHA256.HashData(Encoding.UTF8.GetBytes(ClientHarness.Secret), "heartbeatgateway outbound"u8);
        byte[] signed = [.. frame.AsSpan(0, FrameFormat.TokenOffset), .. frame.AsSpan(FrameFormat.CreatedOffset)];
        var token = System.Buffers.Text.Base64Url.EncodeToUtf8(System.Security.Cryptography.HMACSHA256.HashData(key, signed));
        token.CopyTo(frame, FrameFormat.TokenOffset);
        return SendRawAsync(frame);
    }

    /// <summary>Answers the ping of an anonymous client.</summary>
    public async Task AcceptAnonymousAsync()
    {
        await ReadAsync("ping");
        await SendPingAsync();
    }

    public Task SendPingAsync() => SendAsync("ping", []);

    /// <summary>Sends a close frame, and by default ends the stream after it, as a gateway does.</summary>
    public async Task SendCloseAsync(CloseReason reason, bool retry = true, TimeSpan? after = null, string? inReplyTo = null, string? detail = null, bool end = true)
    {
        var payload = new ClosePayload { Reason = reason, Retry = retry, After = after, ServerTime = Now, InReplyTo = inReplyTo, Detail = detail };
        await SendAsync("close", payload.ToJson());
        if (end) End();
    }

    public Task SendAsync(string type, string content) => SendAsync(type, Encoding.UTF8.GetBytes(content));

    public Task SendAsync(string type, byte[] content) => SendRawAsync(Encode(type, content));

    public byte[] Encode(string type, byte[] content) => keyring.Keys[0].Bare.Encode(Encoding.UTF8.GetBytes(type), content, UnixSeconds).ToArray();

    public async Task SendRawAsync(ReadOnlyMemory<byte> bytes)
    {
        BytesSent += bytes.Length;
        await output.WriteAsync(bytes);
    }

    /// <summary>Discards the received bytes.</summary>
    public async Task DiscardAsync() => input.AdvanceTo((await input.ReadAsync()).Buffer.End);

    /// <summary>Ends the stream.</summary>
    public void End() => output.Complete();

    /// <summary>Makes the client's reads fail as after a reset.</summary>
    public void Reset() => output.Complete(new IOException("Connection reset by peer", new System.Net.Sockets.SocketException(104)));

    private bool TryParse(ref ReadOnlySequence<byte> buffer, out ClientFrame parsed)
    {
        parsed = null!;
        Span<byte> scratch = stackalloc byte[FrameFormat.HeaderLength];
        var status = _reader.TryRead(ref buffer, scratch, int.MaxValue, FrameResync.Strict, out var frame);
        if (status == FrameReadStatus.Incomplete) return false;
        Assert.Equal(FrameReadStatus.Complete, status);
        var outcome = keyring.Verify(frame, UnixSeconds).Outcome;
        Assert.True(outcome is TokenOutcome.Verified or TokenOutcome.Expired or TokenOutcome.Future, $"The client's token is {outcome}.");
        var (token, created) = (Encoding.ASCII.GetString(frame.Token), Encoding.ASCII.GetString(frame.Created));
        parsed = new ClientFrame(frame.TypeText, frame.Content.ToArray(), token, created, outcome);
        return true;
    }
}
