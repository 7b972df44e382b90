using System.Buffers;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Faults.Tests.Deliveries;

/// <summary>A client with the feature <c>ack</c> on a socket: one connection, which takes its client id over from the one before.</summary>
internal sealed class AckSocket : IDisposable
{
    private static readonly TokenSigner Signer = TestSecrets.ClientKeyring().Keys[0].Named;

    private readonly SocketClient _client;
    private readonly long _generation;

    private AckSocket(SocketClient client, long generation) => (_client, _generation) = (client, generation);

    private static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>Connects, says hello and confirms the connection, which ends the earlier one of the client.</summary>
    /// <param name="gateway">Where to connect to.</param>
    /// <param name="clientId">The client id.</param>
    /// <param name="attempt">The number of the connection of this instance.</param>
    public static async Task<AckSocket> ConnectAsync(EndPoint gateway, string clientId, long attempt)
    {
        var client = await SocketClient.ConnectAsync(gateway);
        try
        {
            var hello = new HelloPayload
            {
                ClientId = clientId,
                Instance = "taken-over",
                Attempt = attempt,
                Nonce = Convert.ToHexString(RandomNumberGenerator.GetBytes(16)),
                Features = [ProtocolFeatures.Ack],
            };
            await client.SendAsync(Signer.Encode(FrameKinds.Hello, hello.ToJson(), Now));
            var welcome = await ReadWelcomeAsync(client);
            var connection = new AckSocket(client, welcome.Generation);
            await connection.SendAsync(FrameKinds.Ack.ToArray(), default, 0);
            return connection;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    public Task SendMessageAsync(long number) => SendAsync("message"u8.ToArray(), Encoding.UTF8.GetBytes($"{number}"), number);

    public void Dispose() => _client.Dispose();

    private Task SendAsync(byte[] type, ReadOnlyMemory<byte> content, long number) =>
        _client.SendAsync(Signer.EncodeNumbered(type, content, Now, new FrameNumber(number, _generation)));

    private static async Task<WelcomePayload> ReadWelcomeAsync(SocketClient client)
    {
        var header = new byte[FrameFormat.HeaderLength];
        await ReadAsync(client, header);
        var content = new byte[FrameReader.ClaimedLength(new ReadOnlySequence<byte>(header))];
        await ReadAsync(client, content);
        return WelcomePayload.TryParse(new ReadOnlySequence<byte>(content), out var welcome) && welcome.Features.Contains(ProtocolFeatures.Ack)
            ? welcome
            : throw new InvalidDataException($"The gateway did not grant ack: {Encoding.UTF8.GetString(content)}");
    }

    private static async Task ReadAsync(SocketClient client, Memory<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var count = await client.ReceiveAsync(buffer).WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System);
            if (count == 0) throw new EndOfStreamException("The gateway closed the connection.");
            buffer = buffer[count..];
        }
    }
}
