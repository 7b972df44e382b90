using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Draining;

/// <summary>A gateway that gets SIGTERM while it starts.</summary>
public sealed class StopWhileStartingTests
{
    private const int Terminated = 128 + 15;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);
    private readonly TimeProvider _time = TimeProvider.System;

    [Fact]
    public async Task Stops_without_an_error_when_signalled_before_or_just_after_it_is_ready()
    {
        // The moments in between are covered by the tests of starting and stopping.
        int[] moments = [0, 10, 30, 60, 90, 120, 150, 180, 520, 560, 600];
        var codes = new List<string>();
        foreach (var moment in moments)
        {
            await using var process = new ChildProcess("dotnet", [Repository.GatewayDll], GatewayProcess.Environment(0, 0, ("Gateway__Draining__Duration", null)));
            await Task.Delay(TimeSpan.FromMilliseconds(moment), _time, TestContext.Current.CancellationToken);
            process.Signal("TERM");
            var code = await process.ExitCodeAsync();
            codes.Add($"{moment} ms: {code}");
            Assert.Contains(code, new[] { 0, Terminated });
            Assert.DoesNotContain(process.Lines, l => l.Contains("xception", StringComparison.Ordinal));
        }

        TestContext.Current.TestOutputHelper?.WriteLine(string.Join(", ", codes));
    }

    [Fact]
    public async Task Closes_its_first_client_gracefully_when_signalled_as_that_client_connects()
    {
        for (var round = 0; round < 12; round++)
        {
            var tcp = GatewayProcess.FreePort();
            await using var process = new ChildProcess("dotnet", [Repository.GatewayDll], GatewayProcess.Environment(tcp, 0));
            using var socket = await FirstConnectionAsync(tcp);
            var isAnswered = round % 2 == 0;
            if (isAnswered)
            {
                await socket.SendAsync(SocketClient.PingNow);
                Assert.Equal("ping", (await new FrameStream(socket).ReadAsync())?.Type);
            }

            process.Signal("TERM");
            // The kernel resets a connection that it completed and the gateway has not accepted yet.
            Assert.True(await EndsGracefullyAsync(socket) || !isAnswered, "A client that had been answered was reset.");
            Assert.Equal(0, await process.ExitCodeAsync());
            await process.SawAsync("EngineStopped");
            Assert.DoesNotContain(process.Lines, l => l.Contains("xception", StringComparison.Ordinal));
        }
    }

    private static async Task<bool> EndsGracefullyAsync(Socket socket)
    {
        try
        {
            return await new FrameStream(socket).ReadAsync().WaitAsync(Timeout, TimeProvider.System) is null;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private async Task<Socket> FirstConnectionAsync(int port)
    {
        var began = _time.GetTimestamp();
        while (true)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            // Bound to another address than the gateway's: while no socket listens, a connect could otherwise connect to itself.
            socket.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0));
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port);
                return socket;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused && _time.GetElapsedTime(began) < Timeout)
            {
                socket.Dispose();
                await Task.Delay(TimeSpan.FromMilliseconds(1), _time);
            }
        }
    }
}
