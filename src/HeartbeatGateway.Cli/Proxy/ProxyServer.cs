using System.Collections.Concurrent;
using System.Net.Sockets;

namespace HeartbeatGateway.Cli.Proxy;

/// <summary>Accepts devices and runs their connections until it is cancelled.</summary>
internal sealed class ProxyServer(ProxySettings settings, IProxyView view, TimeProvider time)
{
    private const int Backlog = 128;

    // After a failed accept, for example without free file descriptors. A loop without a pause would use a whole processor.
    private static readonly TimeSpan AcceptPause = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<long, Task> _connections = new();
    private long _last;

    /// <exception cref="CliException">The address cannot be listened on.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var listener = Listen();
        view.Listening(listener.LocalEndPoint!, settings.Target);
        try
        {
            while (!stopping.IsCancellationRequested) await AcceptAsync(listener, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Ctrl+C, a signal, a closed output, or a connection that failed with a fault of hbg.
        }

        // A fault of hbg in a connection ends the command with it.
        await Task.WhenAll(_connections.Values);
    }

    private Socket Listen()
    {
        var listener = new Socket(settings.Listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(settings.Listen);
            listener.Listen(Backlog);
            return listener;
        }
        catch (SocketException e)
        {
            listener.Dispose();
            throw new CliException(ExitCode.Usage, $"--listen: {settings.Listen} cannot be listened on: {e.Message}.", e);
        }
    }

    private async Task AcceptAsync(Socket listener, CancellationTokenSource stopping)
    {
        Socket device;
        try
        {
            device = await listener.AcceptAsync(stopping.Token);
        }
        catch (SocketException e)
        {
            view.Note(null, $"a connection cannot be accepted: {e.Message}");
            await Task.Delay(AcceptPause, time, stopping.Token);
            return;
        }

        var id = ++_last;
        if (_connections.Count >= settings.MaxConnections)
        {
            view.Note(id, $"{device.RemoteEndPoint} is reset: {settings.MaxConnections} connections are open, the limit of --max-connections");
            device.LingerState = new LingerOption(true, 0);
            device.Dispose();
            return;
        }

        var connection = new ProxyConnection(id, device, settings, view, time);
        // The entry exists before the connection runs, so that its end always finds it.
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _connections[id] = RunAsync(start.Task, connection, id, stopping);
        start.SetResult();
    }

    private async Task RunAsync(Task start, ProxyConnection connection, long id, CancellationTokenSource stopping)
    {
        await start;
        try
        {
            await connection.RunAsync(stopping.Token);
            _connections.TryRemove(id, out _);
        }
        catch
        {
            // The faulted task stays in the list and is awaited at the end.
            await stopping.CancelAsync();
            throw;
        }
    }
}
