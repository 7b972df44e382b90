using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Cli.Tests;

/// <summary>A gateway on a real socket: answers pings and hellos, stores received messages, and behaves as the test configures it.</summary>
internal sealed class FakeGateway : IAsyncDisposable
{
    private readonly TokenKeyring _keyring = TestTokens.Settings().For(TokenRole.Gateway);
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<Socket, Task> _connections = new();
    private readonly SemaphoreSlim _helloAnswered = new(0);
    private readonly TaskCompletionSource _clientEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _accepting;

    public FakeGateway()
    {
        _listener.Start(1024);
        _accepting = AcceptAsync();
    }

    public string Endpoint => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>The types and contents of received messages.</summary>
    public ConcurrentQueue<(string Type, string Content)> Messages { get; } = new();

    public ConcurrentQueue<string> ClientIds { get; } = new();

    public ConcurrentQueue<string?> Libraries { get; } = new();

    public ConcurrentQueue<IPAddress> Addresses { get; } = new();

    /// <summary>Waits until the given number of hellos are answered.</summary>
    public async Task HellosAnsweredAsync(int count)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        while (ClientIds.Count < count) await _helloAnswered.WaitAsync(timeout.Token);
    }

    /// <summary>Waits until a client has ended its stream after <see cref="Close"/>.</summary>
    public Task ClientEndedAsync() => _clientEnded.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);

    /// <summary>A message sent to each client after the answer to its hello; null for none.</summary>
    public (string Type, string Content)? Push { get; init; }

    /// <summary>How often <see cref="Push"/> is sent.</summary>
    public int Pushes { get; init; } = 1;

    /// <summary>A close frame that ends each connection after the answer to its hello; null for none.</summary>
    public ClosePayload? Close { get; init; }

    /// <summary>The certificate for TLS; null for plain TCP.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>With TLS: asks each client for a certificate, and accepts any.</summary>
    public bool AsksForClientCertificate { get; init; }

    /// <summary>For each client certificate: its subject, then the subjects of the certificates that were sent with it.</summary>
    public ConcurrentQueue<string[]> ClientCertificates { get; } = new();

    /// <summary>Ends each connection when a message arrives.</summary>
    public bool DropsOnMessage { get; init; }

    /// <summary>Grants acknowledgements to clients that ask for them, and acknowledges each message.</summary>
    public bool Acknowledges { get; init; }

    /// <summary>With <see cref="Acknowledges"/>: ends the first connection at its first message, without an acknowledgement.</summary>
    public bool DropsFirst { get; init; }

    /// <summary>The numbers of received messages, and those of received acknowledgements as negative numbers.</summary>
    public ConcurrentQueue<long> Numbers { get; } = new();

    private int _dropped;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        // Before the listener stops: a loop that has just accepted would ask a stopped listener for the next connection.
        await _accepting;
        _listener.Stop();
        foreach (var socket in _connections.Keys) socket.Dispose();
        await Task.WhenAll(_connections.Values);
        _stopping.Dispose();
        _helloAnswered.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_stopping.Token);
                Addresses.Enqueue(((IPEndPoint)socket.RemoteEndPoint!).Address);
                _connections[socket] = Task.Run(() => ServeAsync(socket));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        var buffer = new byte[64 * 1024];
        var filled = 0;
        try
        {
            await using var stream = await OpenAsync(socket);
            while (await stream.ReadAsync(buffer.AsMemory(filled)) is var count and > 0)
            {
                filled += count;
                foreach (var answer in Take(buffer, ref filled))
                {
                    if (answer.Length == 0)
                    {
                        if (Close is not null) await ReadToEndAsync(stream, buffer);
                        return;
                    }

                    await stream.WriteAsync(answer);
                }
            }
        }
        catch (Exception e) when (e is IOException or AuthenticationException or SocketException or ObjectDisposedException)
        {
            // The client has disconnected, or the test is over.
        }
        finally
        {
            socket.Dispose();
        }
    }

    private async Task ReadToEndAsync(Stream stream, byte[] buffer)
    {
        while (await stream.ReadAsync(buffer) > 0)
        {
            // Frames that the client sent before it read the close frame.
        }

        _clientEnded.TrySetResult();
    }

    private async Task<Stream> OpenAsync(Socket socket)
    {
        var stream = new NetworkStream(socket);
        if (Certificate is null) return stream;
        var tls = new SslStream(stream);
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ServerCertificate = Certificate,
            ClientCertificateRequired = AsksForClientCertificate,
            RemoteCertificateValidationCallback = AsksForClientCertificate ? NoteClientCertificate : null,
        });
        return tls;
    }

    private bool NoteClientCertificate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is not null) ClientCertificates.Enqueue([certificate.Subject, .. chain!.ChainPolicy.ExtraStore.Select(c => c.Subject)]);
        return true;
    }

    /// <summary>Returns the answers to the frames in the buffer; an empty answer ends the connection.</summary>
    private List<ReadOnlyMemory<byte>> Take(byte[] buffer, ref int filled)
    {
        var answers = new List<ReadOnlyMemory<byte>>();
        var rest = new ReadOnlySequence<byte>(buffer, 0, filled);
        var reader = new FrameReader();
        Span<byte> scratch = stackalloc byte[FrameFormat.HeaderLength];
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        while (reader.TryRead(ref rest, scratch, buffer.Length, FrameResync.Strict, out var frame) == FrameReadStatus.Complete)
        {
            var verdict = _keyring.Verify(frame, now);
            Assert.True(verdict.IsVerified, $"a client's token is {verdict.Outcome}");
            var signer = verdict.Signer!;
            if (frame.Kind == FrameKind.Ping) answers.Add(signer.Ping(now));
            else if (frame.Kind == FrameKind.Hello) AnswerHello(HelloPayload.Read(frame.Content).Hello!, signer, now, answers);
            else if (frame.Kind == FrameKind.Ack && Acknowledges)
            {
                Assert.Equal(FrameNumberStatus.Numbered, frame.ReadNumber(out var received));
                Numbers.Enqueue(-received.Number);
            }
            else if (Acknowledges && frame.ReadNumber(out var number) == FrameNumberStatus.Numbered)
            {
                Numbers.Enqueue(number.Number);
                Messages.Enqueue((frame.TypeText, Encoding.UTF8.GetString(frame.Content)));
                if (DropsFirst && Interlocked.Exchange(ref _dropped, 1) == 0) answers.Add(ReadOnlyMemory<byte>.Empty);
                else answers.Add(signer.EncodeNumbered(FrameKinds.Ack, default, now, number));
            }
            else
            {
                Messages.Enqueue((frame.TypeText, Encoding.UTF8.GetString(frame.Content)));
                if (DropsOnMessage) answers.Add(ReadOnlyMemory<byte>.Empty);
            }
        }

        rest.CopyTo(buffer);
        filled = (int)rest.Length;
        return answers;
    }

    private void AnswerHello(HelloPayload hello, TokenSigner signer, long now, List<ReadOnlyMemory<byte>> answers)
    {
        Libraries.Enqueue(hello.Library);
        ClientIds.Enqueue(hello.ClientId);
        _helloAnswered.Release();
        answers.Add(signer.Encode(
            FrameKinds.Welcome,
            new WelcomePayload
            {
                SessionId = "session-1",
                Generation = 1,
                Reconnected = false,
                Resumed = false,
                Heartbeat = hello.Heartbeat ?? TimeSpan.FromSeconds(5),
                Timeout = TimeSpan.FromSeconds(60),
                ServerTime = TimeProvider.System.GetUtcNow(),
                Pushes = Acknowledges ? "pushes-1" : null,
                Features = Acknowledges ? hello.Features : hello.Features.Remove(ProtocolFeatures.Ack),
            }.ToJson(),
            now));
        if (Push is { } push)
        {
            var (type, content) = (Encoding.UTF8.GetBytes(push.Type), Encoding.UTF8.GetBytes(push.Content));
            var frame = Acknowledges ? signer.EncodeNumbered(type, content, now, new FrameNumber(1, 1)) : signer.Encode(type, content, now);
            answers.AddRange(Enumerable.Repeat(frame, Pushes));
        }

        if (Close is not { } close) return;
        answers.Add(signer.Encode(FrameKinds.Close, close.ToJson(), now));
        answers.Add(ReadOnlyMemory<byte>.Empty);
    }
}
