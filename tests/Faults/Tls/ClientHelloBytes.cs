using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace HeartbeatGateway.Faults.Tests.Tls;

/// <summary>The first bytes of a TLS client.</summary>
internal static class ClientHelloBytes
{
    /// <summary>The ClientHello of a client of .NET's, whole.</summary>
    public static async Task<byte[]> RecordAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var accepting = listener.AcceptSocketAsync();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        using var stream = new SslStream(client.GetStream());
        using var accepted = await accepting;
        var handshake = stream.AuthenticateAsClientAsync("gateway");
        var buffer = new byte[16 * 1024];
        var count = await accepted.ReceiveAsync(buffer);
        accepted.Close();
        await Assert.ThrowsAnyAsync<Exception>(() => handshake);
        return buffer[..count];
    }
}
