using System.Net;
using System.Text;
using System.Text.Json;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.EndToEnd.Tests;

/// <summary>The JSON lines of the real service are enough to find one device among many.</summary>
public sealed class DeviceLogTests
{
    [Fact]
    public async Task Each_line_about_a_device_can_be_found_by_its_client_id_session_address_and_port()
    {
        await using var gateway = await GatewayProcess.StartAsync();
        using var device = await SocketClient.ConnectAsync(gateway.TcpPort);
        var port = ((IPEndPoint)device.Socket.LocalEndPoint!).Port;
        await device.SendAsync(Frame("hello", "{\"clientId\":\"pump-17\",\"nonce\":\"0123456789abcdef\",}"u8.ToArray()));
        await device.SendAsync(Frame("hello", "{\"clientId\":\"pump-17\",\"nonce\":\"0123456789abcdef\",\"features\":[\"close\"]}"u8.ToArray()));
        // "温度" in GBK.
        await device.SendAsync(Frame("message", [0xCE, 0xC2, 0xB6, 0xC8]));
        await device.SendAsync((byte[])[0, 0, 0, 0x76, 0, 1, 0x11, 0x70]);
        await device.EndsAsync(TimeSpan.FromSeconds(20));
        device.Dispose();
        await gateway.SawAsync("closed: bad_length;");

        var malformed = Line(gateway, "HelloMalformed");
        Assert.Equal(("trailing_comma", "pump-17"), (Text(malformed, "Cause"), Text(malformed, "ClaimedClientId")));
        Assert.Contains(gateway.Lines, l => l.Contains("\"ContentBase64\":\"zsK2yA==\"", StringComparison.Ordinal));
        var explained = Line(gateway, "CloseExplained");
        Assert.Equal(("content of 70000 bytes; the limit is 65536", "pump-17", "Warning"), (Text(explained, "Detail"), Text(explained, "ClientId"), Text(explained, "@l")));
        var closed = Line(gateway, "ConnectionClosed");
        Assert.Equal(("pump-17", "127.0.0.1", "Warning", 32), (Text(closed, "ClientId"), Text(closed, "RemoteAddress"), Text(closed, "@l"), Text(closed, "SessionId")!.Length));
        Assert.Equal(port, closed.GetProperty("RemotePort").GetInt32());
        Assert.Equal($"127.0.0.1:{port}", Text(closed, "RemoteEndPoint"));
        Assert.Equal(1, await gateway.MetricAsync("""heartbeatgateway_hello_malformed_total{cause="trailing_comma"}"""));
    }

    [Fact]
    public async Task A_thousand_clients_that_connect_and_disconnect_during_a_flood_of_garbage_have_all_their_lines()
    {
        await using var gateway = await GatewayProcess.StartAsync();
        for (var i = 0; i < 1_000; i++)
        {
            using var client = await SocketClient.ConnectAsync(gateway.TcpPort);
            await client.PingAsync();
            using var garbage = await SocketClient.ConnectAsync(gateway.TcpPort);
            await garbage.SendAsync("garbage!"u8.ToArray());
        }

        await gateway.ReachesAsync("heartbeatgateway_connected_clients", 0);
        var page = await gateway.ReachesAsync("heartbeatgateway_handshaking_connections", 0);
        Assert.Equal(0, GatewayProcess.Metric(page, """heartbeatgateway_log_lines_suppressed_total{kind="lifecycle"}"""));
        gateway.Signal("TERM");
        Assert.Equal(0, await gateway.ExitCodeAsync());
        var lines = gateway.Lines;
        // A client whose earlier connection is found ended after it connected has a line for both.
        Assert.InRange(lines.Count(l => l.Contains("\"ClientConnected\"", StringComparison.Ordinal) || l.Contains("\"ClientReconnected\"", StringComparison.Ordinal)), 1_000, 2_000);
        // The clients have sent one ping, and the others less.
        Assert.Equal(1_000, lines.Count(l => l.Contains("closed: peer_", StringComparison.Ordinal) && l.Contains("\"BytesRead\":158,", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task In_development_a_client_is_told_why_its_hello_is_none()
    {
        await using var gateway = await GatewayProcess.StartAsync(("ASPNETCORE_ENVIRONMENT", "Development"));
        using var device = await SocketClient.ConnectAsync(gateway.TcpPort);
        await device.SendAsync(Frame("hello", "{\"clientid\":\"pump-17\"}"u8.ToArray()));
        device.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        var received = new List<byte>();
        var buffer = new byte[4096];
        while (await device.Socket.ReceiveAsync(buffer).WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken) is > 0 and var count) received.AddRange(buffer[..count]);
        var text = Encoding.UTF8.GetString([.. received]);
        Assert.Contains("notice", text, StringComparison.Ordinal);
        Assert.Contains("\"cause\":\"wrong_key\"", text, StringComparison.Ordinal);
    }

    private static ReadOnlyMemory<byte> Frame(string type, byte[] content) =>
        TestSecrets.ClientKeyring().Keys[0].Named.Encode(Encoding.UTF8.GetBytes(type), content, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());

    private static JsonElement Line(GatewayProcess gateway, string name) => Assert.Single(
        gateway.Lines.Where(l => l.StartsWith('{')).Select(l => JsonDocument.Parse(l).RootElement),
        l => l.TryGetProperty("EventId", out var id) && id.GetProperty("Name").GetString() == name);

    private static string? Text(JsonElement line, string name) => line.TryGetProperty(name, out var value) ? value.GetString() : null;
}
