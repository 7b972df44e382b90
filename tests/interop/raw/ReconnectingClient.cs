using System.Net.Sockets;
using System.Text;

namespace ArticleClient;

/// <summary>Connects, sends heartbeats, and reconnects after every failure.</summary>
internal sealed class ReconnectingClient(string host, int port, string secret, bool sendsMessage, bool pingsFirst)
{
    private static readonly TimeSpan PingAfter = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ServerTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(500);

    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            Tell("connecting");
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(host, port, stopping);
                Tell("connected");
                await ConverseAsync(socket, stopping);
                Tell("closed");
            }
            catch (SocketException e)
            {
                Tell(socket.Connected ? "closed" : $"connect-failed {e.Message}");
            }
            catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
            {
                // No byte was read for 10 s.
                Tell("closed");
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Task.Delay(BetweenAttempts, TimeProvider.System, CancellationToken.None);
        }
    }

    private static void Tell(string line)
    {
        Console.Out.WriteLine(line);
        Console.Out.Flush();
    }

    private async Task ConverseAsync(Socket socket, CancellationToken stopping)
    {
        if (sendsMessage) await socket.SendAsync(ArticleFrame.Encode("message", Encoding.UTF8.GetBytes("哈哈哈哈!"), secret), stopping);
        if (pingsFirst) await PingAsync(socket, stopping);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var heartbeats = SendHeartbeatsAsync(socket, ended.Token);
        try
        {
            await ReadAsync(socket, stopping);
        }
        finally
        {
            await ended.CancelAsync();
            await heartbeats;
        }
    }

    private async Task SendHeartbeatsAsync(Socket socket, CancellationToken ended)
    {
        using var timer = new PeriodicTimer(PingAfter, TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(ended)) await PingAsync(socket, ended);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // ReadAsync also ends with the connection, and RunAsync then reports it.
        }
    }

    private async Task PingAsync(Socket socket, CancellationToken cancellationToken)
    {
        await socket.SendAsync(ArticleFrame.Encode("ping", [], secret), cancellationToken);
        Tell("ping-sent");
    }

    private async Task ReadAsync(Socket socket, CancellationToken stopping)
    {
        var buffer = new byte[64 * 1024];
        var filled = 0;
        while (true)
        {
            using var silence = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            silence.CancelAfter(ServerTimeout);
            var read = await socket.ReceiveAsync(buffer.AsMemory(filled), silence.Token);
            if (read == 0) return;
            filled += read;
            while (ArticleFrame.TryDecode(buffer.AsSpan(0, filled), secret, out var frame, out var length))
            {
                buffer.AsSpan(length, filled - length).CopyTo(buffer);
                filled -= length;
                if (!frame.IsGenuine)
                {
                    Tell("token-mismatch");
                    return;
                }

                Tell(frame.Type == "ping" ? "pong-received" : $"frame-received type={frame.Type} bytes={frame.ContentBytes}");
            }
        }
    }
}
