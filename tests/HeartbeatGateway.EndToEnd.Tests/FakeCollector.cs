using System.Net;
using System.Net.Sockets;
using System.Text;

namespace HeartbeatGateway.EndToEnd.Tests;

/// <summary>An OTLP collector over HTTP that keeps what it receives. Protobuf contains names as plain text.</summary>
internal sealed class FakeCollector : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    private readonly HttpListener _listener = new();
    private readonly Lock _lock = new();
    private readonly List<(string Path, string Body)> _received = [];
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public FakeCollector()
    {
        Url = $"http://127.0.0.1:{GatewayProcess.FreePort()}/";
        _listener.Prefixes.Add(Url);
        _listener.Start();
        _ = ServeAsync();
    }

    public string Url { get; }

    /// <summary>The first requests of each path that are answered with status 503.</summary>
    public int RefusedAtFirst { get; init; }

    /// <summary>All requests so far.</summary>
    public IReadOnlyList<(string Path, string Body)> Received
    {
        get { lock (_lock) return [.. _received]; }
    }

    /// <summary>Waits for a request to a path whose body contains a text.</summary>
    public async Task<string> ReceivedAsync(string path, string text)
    {
        using var timeout = new CancellationTokenSource(Timeout, TimeProvider.System);
        while (true)
        {
            Task more;
            lock (_lock)
            {
                if (_received.Find(r => r.Path == path && r.Body.Contains(text, StringComparison.Ordinal)).Body is { } body) return body;
                more = _more.Task;
            }

            await more.WaitAsync(timeout.Token);
        }
    }

    public void Dispose() => _listener.Close();

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var context = await _listener.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                if (Add(context.Request.Url!.AbsolutePath, Encoding.Latin1.GetString(body.ToArray())) <= RefusedAtFirst) context.Response.StatusCode = (int)HttpStatusCode.ServiceUnavailable;
                context.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or SocketException)
        {
            // The listener was closed at the end of the test.
        }
    }

    private int Add(string path, string body)
    {
        TaskCompletionSource more;
        int count;
        lock (_lock)
        {
            _received.Add((path, body));
            count = _received.Count(r => r.Path == path);
            (more, _more) = (_more, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        more.SetResult();
        return count;
    }
}
