using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace HeartbeatGateway.Cli.Tests.Api;

/// <summary>A socket that answers HTTP requests with given bytes, for what only real sockets do. Null ends a connection without an answer.</summary>
internal sealed class RawServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;
    private readonly Queue<string?> _answers;
    private readonly X509Certificate2? _certificate;

    public RawServer(X509Certificate2? certificate, string?[] answers)
    {
        (_certificate, _answers) = (certificate, new Queue<string?>(answers));
        _listener.Start();
        _running = RunAsync();
    }

    public RawServer(params string?[] answers)
        : this(null, answers)
    {
    }

    /// <summary>The requests: head and body.</summary>
    public List<string> Requests { get; } = [];

    public string Address => $"{(_certificate is null ? "http" : "https")}://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public static string Answer(string body, string head = "200 OK", string type = "application/json") =>
        $"HTTP/1.1 {head}\r\nContent-Type: {type}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n\r\n{body}";

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            using var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
            try
            {
                await ServeAsync(client);
            }
            catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
            {
                // The client ended the connection, as the test wants.
            }
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        Stream stream = client.GetStream();
        if (_certificate is not null)
        {
            var tls = new SslStream(stream);
            await tls.AuthenticateAsServerAsync(_certificate);
            stream = tls;
        }

        await using (stream)
        {
            Requests.Add(await ReadAsync(stream));
            if ((_answers.Count > 1 ? _answers.Dequeue() : _answers.Peek()) is not { } answer) return;
            await stream.WriteAsync(Encoding.UTF8.GetBytes(answer), _stopping.Token);
            await stream.FlushAsync(_stopping.Token);
        }
    }

    private async Task<string> ReadAsync(Stream stream)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        const byte TlsHandshake = 0x16;
        while (await stream.ReadAsync(buffer, _stopping.Token) is var count and > 0)
        {
            if (buffer[0] == TlsHandshake) break;
            text.Append(Encoding.UTF8.GetString(buffer, 0, count));
            var all = text.ToString();
            var end = all.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end < 0) continue;
            var length = all.Split("\r\n").FirstOrDefault(l => l.StartsWith("Content-Length: ", StringComparison.OrdinalIgnoreCase)) is { } line ? int.Parse(line[16..], System.Globalization.CultureInfo.InvariantCulture) : 0;
            if (all.Length >= end + 4 + length) break;
        }

        return text.ToString();
    }
}
