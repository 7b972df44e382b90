using System.Buffers;
using System.Net;
using System.Text;
using HeartbeatGateway.Faults.Tests.Support;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Faults.Tests.Clusters.Support;

/// <summary>One connection with a client id to one node, which pings each second and does not reconnect.</summary>
internal sealed class NodeClient : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ToAnswer = TimeSpan.FromSeconds(10);

    private readonly CrowdClient _client = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _pinging = Task.CompletedTask;

    private NodeClient()
    {
    }

    /// <summary>What the gateway answered to the hello; null when it ended the connection instead.</summary>
    public WelcomePayload? Welcome { get; private set; }

    public bool IsOpen => _client.End == CrowdEnd.StillOpen;

    /// <summary>The close frame with which the gateway ended the connection; null when it sent none.</summary>
    public ClosePayload? Close =>
        _client.LastFrame is ("close", var content) && ClosePayload.TryParse(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(content)), out var close) ? close : null;

    /// <summary>A new hello of a client.</summary>
    public static byte[] Hello(string clientId, string? instance = null, long? attempt = null) => TestSecrets.ClientKeyring().Keys[0].Named.Encode(
        FrameKinds.Hello,
        new HelloPayload { ClientId = clientId, Instance = instance, Attempt = attempt, Nonce = Guid.NewGuid().ToString("N"), Features = [ProtocolFeatures.Close] }.ToJson(),
        TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()).ToArray();

    public static Task<NodeClient> ConnectAsync(GatewayNode node, string clientId, string? instance = null, long? attempt = null) =>
        ConnectAsync(node.EndPoint, Hello(clientId, instance, attempt));

    /// <summary>Connects, sends a hello, and waits for the answer or the end of the connection.</summary>
    /// <param name="node">Where to connect to.</param>
    /// <param name="hello">The bytes of the hello.</param>
    public static async Task<NodeClient> ConnectAsync(IPEndPoint node, byte[] hello)
    {
        var client = new NodeClient();
        await client._client.ConnectAsync(new ClientPort(node));
        await client._client.SendAsync(hello);
        await Waiting.UntilAsync(() => client._client.Frames > 0 || !client.IsOpen, () => "the gateway has not answered a hello", ToAnswer);
        if (client._client.FirstFrame is ("welcome", var content))
            client.Welcome = WelcomePayload.TryParse(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(content)), out var welcome) ? welcome : null;
        client._pinging = client.PingAsync();
        return client;
    }

    /// <summary>Waits until the gateway has ended the connection.</summary>
    public Task EndsAsync(TimeSpan within) => _client.Ended.WaitAsync(within, TimeProvider.System);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _pinging;
        _client.Dispose();
        _stop.Dispose();
    }

    private async Task PingAsync()
    {
        while (!_stop.IsCancellationRequested && IsOpen)
        {
            await Task.Delay(Interval, TimeProvider.System, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (IsOpen && !_stop.IsCancellationRequested) await _client.PingAsync();
        }
    }
}
