using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using HeartbeatGateway.Cli.Proxy;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Cli.Tests.Proxy;

public sealed class ProxyTests : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(30), TimeProvider.System);

    public void Dispose()
    {
        _stopping.Dispose();
        _limit.Dispose();
    }

    [Fact]
    public async Task Explains_the_frames_of_both_directions()
    {
        await using var gateway = new FakeGateway { Push = ("news", "rain") };
        var (proxy, running, address) = await StartAsync(gateway.Endpoint);
        var client = new CliRun { Clock = TimeProvider.System, Input = new MemoryStream("hello\n"u8.ToArray()) }.Set("HBG_SECRET", CliRun.Secret);
        Assert.Equal(ExitCode.Success, await client.LineAsync($"connect -e {address} --client-id pump-17"));
        await proxy.Out.SawAsync("ended: ");
        await StopAsync(running);

        Assert.Contains("-> hello, ", proxy.Output, StringComparison.Ordinal);
        Assert.Contains("content a hello of pump-17", proxy.Output, StringComparison.Ordinal);
        Assert.Contains("-> ping, 158 bytes; created now, time zone UTC; token verifies: key k1, client to gateway", proxy.Output, StringComparison.Ordinal);
        Assert.Contains("<- welcome, ", proxy.Output, StringComparison.Ordinal);
        Assert.Contains("token verifies: key k1, gateway to client", proxy.Output, StringComparison.Ordinal);
        Assert.Contains("<- news, 162 bytes", proxy.Output, StringComparison.Ordinal);
        Assert.Contains("content \"hello\"", proxy.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("NOT VALID", proxy.Output, StringComparison.Ordinal);
        Assert.Equal([("message", "hello")], gateway.Messages);
    }

    [Fact]
    public async Task Forwards_bytes_that_are_no_frames_and_the_end_of_each_direction()
    {
        using var gateway = new TcpListener(IPAddress.Loopback, 0);
        gateway.Start();
        var (proxy, running, address) = await StartAsync($"{gateway.LocalEndpoint}", "--json");
        var sent = new byte[300_000];
        new Random(7).NextBytes(sent);
        using var device = await ConnectAsync(address);
        using var server = await gateway.AcceptSocketAsync(_limit.Token);
        var received = ReadToEndAsync(server);
        await device.SendAsync(sent, _limit.Token);
        device.Shutdown(SocketShutdown.Send);
        Assert.Equal(sent, await received);

        // The other direction is still open after the end of the first.
        await server.SendAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(), _limit.Token);
        server.Shutdown(SocketShutdown.Send);
        Assert.Equal("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(), await ReadToEndAsync(device));
        await proxy.Out.SawAsync("\"event\":\"end\"");
        await StopAsync(running);

        var events = proxy.Lines.Select(l => JsonDocument.Parse(l).RootElement).ToList();
        var end = events.Single(e => e.GetProperty("event").GetString() == "end");
        Assert.Equal(sent.Length, end.GetProperty("toGateway").GetProperty("bytes").GetInt64());
        Assert.Equal("the device ended its stream first", end.GetProperty("reason").GetString());
        var answer = events.Single(e => e.GetProperty("event").GetString() == "stray" && e.GetProperty("direction").GetString() == "to-client");
        Assert.Contains("this is HTTP", answer.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_reset_of_one_side_resets_the_other(bool isDevice)
    {
        using var gateway = new TcpListener(IPAddress.Loopback, 0);
        gateway.Start();
        var (proxy, running, address) = await StartAsync($"{gateway.LocalEndpoint}");
        using var device = await ConnectAsync(address);
        using var server = await gateway.AcceptSocketAsync(_limit.Token);
        var (from, to) = isDevice ? (device, server) : (server, device);
        await proxy.Out.SawAsync("connected, forwarding");
        from.LingerState = new LingerOption(true, 0);
        from.Dispose();

        var error = await Assert.ThrowsAsync<SocketException>(async () => await to.ReceiveAsync(new byte[1], _limit.Token));
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
        await proxy.Out.SawAsync($"ended: the {(isDevice ? "device" : "gateway")} reset the connection");
        await StopAsync(running);
    }

    [Fact]
    public async Task A_wrong_token_is_explained_and_forwarded()
    {
        using var gateway = new TcpListener(IPAddress.Loopback, 0);
        gateway.Start();
        var (proxy, running, address) = await StartAsync($"{gateway.LocalEndpoint}");
        using var device = await ConnectAsync(address);
        using var server = await gateway.AcceptSocketAsync(_limit.Token);
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var frame = TestTokens.Settings(CliRun.Secret + "\n").Signer(TokenRole.Client).Encode("ping"u8, ReadOnlyMemory<byte>.Empty, now);
        await device.SendAsync(frame, _limit.Token);
        device.Shutdown(SocketShutdown.Send);
        Assert.Equal(frame.ToArray(), await ReadToEndAsync(server));
        await proxy.Out.SawAsync("-> ping, 158 bytes, NOT VALID");
        await proxy.Out.SawAsync("the encoder used the secret with a trailing newline");
        await StopAsync(running);
    }

    [Fact]
    public async Task An_unreachable_gateway_is_reported_and_the_device_is_reset()
    {
        var (proxy, running, address) = await StartAsync("127.0.0.1:1");
        await AssertResetAsync(address);
        await proxy.Out.SawAsync("127.0.0.1:1 cannot be reached");
        await StopAsync(running);
    }

    [Fact]
    public async Task Connections_above_the_limit_are_reset()
    {
        using var gateway = new TcpListener(IPAddress.Loopback, 0);
        gateway.Start();
        var (proxy, running, address) = await StartAsync($"{gateway.LocalEndpoint}", "--max-connections 1");
        using var first = await ConnectAsync(address);
        await proxy.Out.SawAsync("connected, forwarding");
        await AssertResetAsync(address);
        await proxy.Out.SawAsync("the limit of --max-connections");
        await StopAsync(running);
    }

    [Fact]
    public async Task Lines_above_the_bound_are_dropped_and_counted()
    {
        using var text = new StringWriter { NewLine = "\n" };
        var output = new ProxyOutput(text, count => $"dropped {count}");
        for (var i = 0; i < 10_003; i++) output.Write("x");
        output.Complete();
        await output.RunAsync();
        Assert.Equal(10_001, text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("dropped 3\n", text.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_closed_output_ends_the_proxy()
    {
        await using var gateway = new FakeGateway();
        var proxy = new CliRun { Clock = TimeProvider.System };
        proxy.Out.BreaksAfter = "listening";
        var running = proxy.LineAsync($"proxy --listen 0 --target {gateway.Endpoint}", _stopping.Token);
        await proxy.Out.SawAsync("listening on ");
        using var device = await ConnectAsync(Address(proxy));
        Assert.Equal(ExitCode.Success, await running.WaitAsync(_limit.Token));
        Assert.Empty(proxy.Errors);
    }

    private async Task<(CliRun Proxy, Task<ExitCode> Running, string Address)> StartAsync(string target, string options = "")
    {
        var proxy = new CliRun { Clock = TimeProvider.System }.Set("HBG_SECRET", CliRun.Secret);
        var running = proxy.LineAsync($"proxy --listen 127.0.0.1:0 --target {target} {options}", _stopping.Token);
        await proxy.Out.SawAsync("listening");
        await proxy.Out.SawAsync("\n");
        return (proxy, running, Address(proxy));
    }

    private static string Address(CliRun proxy) =>
        System.Text.RegularExpressions.Regex.Match(proxy.Lines[0], @"127\.0\.0\.1:\d+", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1)).Value;

    private async Task StopAsync(Task<ExitCode> running)
    {
        await _stopping.CancelAsync();
        Assert.Equal(ExitCode.Success, await running.WaitAsync(_limit.Token));
    }

    /// <summary>The reset can come before the connect is complete, or after it.</summary>
    private async Task AssertResetAsync(string address)
    {
        var reset = await Assert.ThrowsAsync<SocketException>(async () =>
        {
            using var device = await ConnectAsync(address);
            await device.ReceiveAsync(new byte[1], _limit.Token);
        });
        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
    }

    private async Task<Socket> ConnectAsync(string address)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPEndPoint.Parse(address), _limit.Token);
        return socket;
    }

    private async Task<byte[]> ReadToEndAsync(Socket socket)
    {
        using var all = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (await socket.ReceiveAsync(buffer, _limit.Token) is var count and > 0) all.Write(buffer, 0, count);
        return all.ToArray();
    }
}
