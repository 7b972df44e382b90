using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using HeartbeatGateway.Api.Access;

namespace HeartbeatGateway.Api.Streaming;

/// <summary>
/// One reader of server-sent events. Nothing is buffered for a slow reader beyond its socket: a reader that takes nothing for a time is ended.
/// Not thread-safe.
/// </summary>
internal sealed class ServerSentReader : IDisposable
{
    /// <summary>How long a reader may take nothing.</summary>
    private static readonly TimeSpan WriteTimeout = TimeSpan.FromSeconds(10);

    /// <summary>A comment is sent after this time without an event, so that proxies keep the connection and readers notice its end.</summary>
    private static readonly TimeSpan CommentInterval = TimeSpan.FromSeconds(10);

    /// <summary>How often it is checked whether the caller may still read.</summary>
    private static readonly TimeSpan CheckInterval = TimeSpan.FromMilliseconds(250);

    private readonly HttpResponse _response;
    private readonly ApiCaller _caller;
    private readonly ApiKeyRing _keys;
    private readonly TimeProvider _timeProvider;
    private readonly PeriodicTimer _checks;
    private Task<bool> _check;
    private long _lastWrite;

    /// <param name="context">The request.</param>
    /// <param name="keys">The keys in force.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="ending">Cancelled when the reader leaves.</param>
    public ServerSentReader(HttpContext context, ApiKeyRing keys, TimeProvider timeProvider, CancellationTokenSource ending)
    {
        _response = context.Response;
        _caller = ApiCaller.Of(context);
        _keys = keys;
        _timeProvider = timeProvider;
        Ending = ending;
        _checks = new PeriodicTimer(CheckInterval, timeProvider);
        _check = _checks.WaitForNextTickAsync(ending.Token).AsTask();
        _lastWrite = timeProvider.GetTimestamp();
        _response.ContentType = ServerSentReaders.ContentType;
        _response.Headers.CacheControl = "no-store";
        // Asks nginx not to collect events before it passes them on.
        _response.Headers["X-Accel-Buffering"] = "no";
    }

    /// <summary>Cancelled when the reader leaves.</summary>
    public CancellationTokenSource Ending { get; }

    /// <summary>Appends an event to a buffer.</summary>
    /// <param name="buffer">The buffer.</param>
    /// <param name="name">The name of the event.</param>
    /// <param name="id">The id of the event; null without one.</param>
    /// <param name="data">The data; its JSON has no line break.</param>
    /// <param name="type">How the data is written.</param>
    public static void Append<T>(ArrayBufferWriter<byte> buffer, string name, string? id, T data, JsonTypeInfo<T> type)
    {
        buffer.Write(Encoding.ASCII.GetBytes(id is null ? $"event: {name}\ndata: " : $"event: {name}\nid: {id}\ndata: "));
        using (var json = new Utf8JsonWriter(buffer)) JsonSerializer.Serialize(json, data, type);
        buffer.Write("\n\n"u8);
    }

    /// <summary>Waits until a task has completed, at most for the time between two checks of the key. Sends a comment after a time without an event.</summary>
    /// <param name="next">What is waited for.</param>
    /// <returns>False when the key was withdrawn or has expired, so that the stream must end.</returns>
    public async Task<bool> WaitAsync(Task next)
    {
        await Task.WhenAny(next, _check);
        if (!_check.IsCompleted) return true;
        await _check;
        if (!_keys.StillAllows(_caller)) return false;
        _check = _checks.WaitForNextTickAsync(Ending.Token).AsTask();
        if (!next.IsCompleted && _timeProvider.GetElapsedTime(_lastWrite) >= CommentInterval) await WriteAsync(":\n\n");
        return true;
    }

    /// <summary>Sends a text of ASCII.</summary>
    public Task WriteAsync(string text) => WriteAsync(Encoding.ASCII.GetBytes(text));

    /// <summary>Sends bytes, and waits until the reader's socket has taken them.</summary>
    public async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        using var timeout = new CancellationTokenSource(WriteTimeout, _timeProvider);
        await using var link = timeout.Token.UnsafeRegister(static state => ((HttpContext)state!).Abort(), _response.HttpContext);
        await _response.BodyWriter.WriteAsync(bytes, Ending.Token);
        await _response.BodyWriter.FlushAsync(Ending.Token);
        _lastWrite = _timeProvider.GetTimestamp();
    }

    public void Dispose() => _checks.Dispose();
}
