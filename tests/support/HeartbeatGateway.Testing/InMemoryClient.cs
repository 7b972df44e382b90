using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Transports;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Testing;

/// <summary>
/// A client on two pipes. The gateway processes what the client writes on the same thread, before the write returns. So a test does not
/// have to wait until the gateway has processed it.
/// </summary>
public sealed class InMemoryClient
{
    private readonly IDuplexPipe _application;
    private readonly TimeProvider _time;
    private readonly TokenKeyring _keyring;
    private FrameReader _reader;

    public InMemoryClient(GatewayEngine? engine, TimeProvider time, TokenKeyring keyring, EndPoint? remote, int pauseWriterThreshold, bool isProbe, Func<ConnectionContext, ConnectionDelegate, Task>? layer = null)
    {
        _time = time;
        _keyring = keyring;
        var input = new PipeOptions(readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, useSynchronizationContext: false);
        var output = new PipeOptions(
            readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, pauseWriterThreshold: pauseWriterThreshold,
            resumeWriterThreshold: Math.Max(1, pauseWriterThreshold / 2), useSynchronizationContext: false);
        var pair = DuplexPipe.CreateConnectionPair(input, output);
        _application = pair.Application;
        Context = new DefaultConnectionContext(Guid.NewGuid().ToString("N"), pair.Transport, pair.Application) { RemoteEndPoint = remote };
        if (isProbe) Context.Features.Set<ILivenessProbeFeature>(new Probe());
        Handler = engine is null ? EchoAsync() : layer is null ? RunAsync(engine.Handler) : RunAsync(new LayeredHandler(engine, layer));
    }

    public DefaultConnectionContext Context { get; }

    /// <summary>Completes when the gateway's handler has finished with the connection.</summary>
    public Task Handler { get; }

    /// <summary>The client's tokens start with the id of its key.</summary>
    public bool NamesKey { get; init; }

    public TokenSigner Signer => NamesKey ? _keyring.Keys[0].Named : _keyring.Keys[0].Bare;

    public long UnixSeconds => _time.GetUtcNow().ToUnixTimeSeconds();

    public byte[] Ping => Signer.Ping(UnixSeconds).ToArray();

    public byte[] Frame(string type, string content = "") =>
        Signer.Encode(Encoding.UTF8.GetBytes(type), Encoding.UTF8.GetBytes(content), UnixSeconds).ToArray();

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await _application.Output.WriteAsync(bytes);

    public Task PingAsync() => SendAsync(Ping);

    /// <summary>Sends a hello frame.</summary>
    public Task HelloAsync(HelloPayload hello) => SendAsync(Signer.Encode(FrameKinds.Hello, hello.ToJson(), UnixSeconds));

    /// <summary>Reads the next frame, which must be a welcome.</summary>
    public async Task<WelcomePayload> ReadWelcomeAsync()
    {
        var (type, content) = await ReadFrameAsync();
        return type == "welcome" && WelcomePayload.TryParse(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(content)), out var welcome)
            ? welcome
            : throw new InvalidDataException($"The gateway sent '{type}' with '{content}' instead of a welcome.");
    }

    /// <summary>Reads the next frame, which must be a close.</summary>
    public async Task<ClosePayload> ReadCloseAsync()
    {
        var (type, content) = await ReadFrameAsync();
        return type == "close" && ClosePayload.TryParse(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(content)), out var close)
            ? close
            : throw new InvalidDataException($"The gateway sent '{type}' with '{content}' instead of a close.");
    }

    /// <summary>Ends the client's stream, as FIN does: the client closes or half-closes the connection.</summary>
    public void CloseOutput(Exception? exception = null) => _application.Output.Complete(exception);

    /// <summary>Stops reading for good, as a closed socket does.</summary>
    public void CloseInput() => _application.Input.Complete();

    /// <summary>Reads one frame and verifies its token; returns its type and content as text.</summary>
    public async Task<(string Type, string Content)> ReadFrameAsync()
    {
        while (true)
        {
            var result = await _application.Input.ReadAsync();
            var buffer = result.Buffer;
            if (TryParse(ref buffer, out var frame))
            {
                _application.Input.AdvanceTo(buffer.Start);
                return frame;
            }

            _application.Input.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted) throw new EndOfStreamException("The gateway closed the connection.");
        }
    }

    /// <summary>Takes the frames received so far, without waiting.</summary>
    public IReadOnlyList<(string Type, string Content)> TakeFrames()
    {
        var frames = new List<(string, string)>();
        if (!_application.Input.TryRead(out var result)) return frames;
        var buffer = result.Buffer;
        while (TryParse(ref buffer, out var frame)) frames.Add(frame);
        _application.Input.AdvanceTo(buffer.Start, buffer.End);
        return frames;
    }

    /// <summary>Takes the bytes received so far, without waiting and without parsing them.</summary>
    public byte[] TakeBytes()
    {
        if (!_application.Input.TryRead(out var result)) return [];
        var bytes = result.Buffer.ToArray();
        _application.Input.AdvanceTo(result.Buffer.End);
        return bytes;
    }

    /// <summary>A connection whose handler echoes and keeps nothing: the cost of a connection without the gateway.</summary>
    public static async Task<InMemoryClient> EchoedAsync(TimeProvider time, TokenKeyring keyring)
    {
        var client = new InMemoryClient(null, time, keyring, new IPEndPoint(IPAddress.Loopback, 1), 1024 * 1024, isProbe: false);
        await client.PingAsync();
        client.DiscardAnswers();
        return client;
    }

    /// <summary>Writes bytes without an async method, for tests that measure allocations.</summary>
    public ValueTask<FlushResult> SendRaw(ReadOnlyMemory<byte> bytes) => _application.Output.WriteAsync(bytes);

    /// <summary>Discards what the gateway has sent so far.</summary>
    public void DiscardAnswers()
    {
        if (_application.Input.TryRead(out var result)) _application.Input.AdvanceTo(result.Buffer.End);
    }

    private async Task EchoAsync()
    {
        ReadResult read;
        do
        {
            read = await Context.Transport.Input.ReadAsync();
            foreach (var segment in read.Buffer) await Context.Transport.Output.WriteAsync(segment);
            Context.Transport.Input.AdvanceTo(read.Buffer.End);
        }
        while (!read.IsCompleted);
    }

    /// <summary>Runs a handler as a server does: when the handler returns, both directions are completed.</summary>
    private async Task RunAsync(ConnectionHandler handler)
    {
        await handler.OnConnectedAsync(Context);
        await Context.Transport.Input.CompleteAsync();
        await Context.Transport.Output.CompleteAsync();
    }

    private bool TryParse(ref ReadOnlySequence<byte> buffer, out (string Type, string Content) parsed)
    {
        parsed = default;
        Span<byte> scratch = stackalloc byte[FrameFormat.HeaderLength];
        var status = _reader.TryRead(ref buffer, scratch, int.MaxValue, FrameResync.Strict, out var frame);
        if (status == FrameReadStatus.Incomplete) return false;
        if (status != FrameReadStatus.Complete) throw new InvalidDataException($"The gateway sent bytes that are not a frame: {status}.");
        var verdict = _keyring.Verify(frame, UnixSeconds);
        if (!verdict.IsVerified) throw new InvalidDataException($"The gateway sent a frame whose token is {verdict.Outcome}.");
        parsed = (frame.TypeText, Encoding.UTF8.GetString(frame.Content.ToArray()));
        return true;
    }

    /// <summary>Admission, then a layer, then the read loop.</summary>
    private sealed class LayeredHandler : ConnectionHandler
    {
        private readonly ConnectionDelegate _pipeline;

        public LayeredHandler(GatewayEngine engine, Func<ConnectionContext, ConnectionDelegate, Task> layer)
        {
            _pipeline = connection => engine.Handler.AdmitAsync(connection, admitted => layer(admitted, engine.Handler.OnConnectedAsync));
        }

        public override Task OnConnectedAsync(ConnectionContext connection) => _pipeline(connection);
    }

    private sealed class Probe : ILivenessProbeFeature;
}
