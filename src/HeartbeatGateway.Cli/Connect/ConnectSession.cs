using System.Runtime.ExceptionServices;
using System.Text;
using HeartbeatGateway.Client;

namespace HeartbeatGateway.Cli.Connect;

/// <summary>Runs one client from start to graceful shutdown: shows its events, sends lines.</summary>
internal sealed class ConnectSession(GatewayClient client, IConnectView view, ILineSource lines, ConnectSettings settings, TimeProvider time)
{
    // The client does not wait for its event handlers. This session waits for the last one, at most for this time.
    private static readonly TimeSpan MaxHandlerWait = TimeSpan.FromSeconds(2);

    private readonly ConnectSummary _summary = new();
    private readonly TaskCompletionSource _stopShown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private string _type = settings.Type;
    private DisconnectInfo? _lastEnd;
    private IOException? _viewFault;
    private bool _isOver;

    /// <summary>Runs until the input ends, the time is over, or the token is cancelled.</summary>
    /// <exception cref="CliException">The gateway was not reached, or the client must not reconnect.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        client.StateChanged += (_, state) =>
        {
            Show(stopping, () => OnState(state));
            // Stopped is the last state. All earlier states were already shown.
            if (state.Status == GatewayClientStatus.Stopped) _stopShown.TrySetResult();
        };
        client.HeartbeatAnswered += (_, rtt) => Show(stopping, () => OnHeartbeat(rtt));
        var messages = ReadMessagesAsync(stopping);
        var ended = EndAsync(stopping);
        var typing = Task.FromResult(false);
        try
        {
            var connected = client.ConnectAsync(stopping.Token);
            await (settings.GiveUpAfter is { } limit ? connected.WaitAsync(limit, time, stopping.Token) : connected);
            typing = SendLinesAsync(stopping.Token);
            await UntilOverAsync(typing, stopping.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Ctrl+C, a signal or a closed output ended the session, or the client stopped, which EndAsync reports.
        }
        catch (GatewayClosedException)
        {
            // EndAsync reports it.
        }
        catch (TimeoutException)
        {
            // Not connected in time: the check below reports the error of the last attempt.
        }
        finally
        {
            await stopping.CancelAsync();
            await client.DisposeAsync();
            await _stopShown.Task.WaitAsync(MaxHandlerWait, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Task.WhenAll(messages, ended, typing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Show(stopping, () =>
            {
                // A handler can run late. Its event is not shown after the summary.
                _isOver = true;
                view.End(_summary);
            });
        }

        if (_viewFault is not null) ExceptionDispatchInfo.Throw(_viewFault);
        await messages;
        await ended;
        if (_summary.Connections == 0)
        {
            throw new CliException(ExitCode.NoGateway, _lastEnd is { } end ? $"the gateway was not reached: {end.Message}" : "the gateway was not reached.");
        }
    }

    /// <summary>Waits for the end of the session: the end of the input or, when a time is given, the end of that time. /quit ends it in both cases.</summary>
    private async Task UntilOverAsync(Task<bool> typing, CancellationToken cancellation)
    {
        if (settings.Stay is not { } stay)
        {
            await typing;
            return;
        }

        var over = Task.Delay(stay, time, cancellation);
        if (await Task.WhenAny(typing, over) == typing && await typing) return;
        await over;
    }

    /// <summary>Ends the session with an error when the client stops and must not reconnect.</summary>
    private async Task EndAsync(CancellationTokenSource stopping)
    {
        try
        {
            await client.Completion;
        }
        catch (GatewayClosedException e)
        {
            await stopping.CancelAsync();
            throw new CliException(ExitCode.NoGateway, $"the client stopped and must not reconnect: {e.Message}", e);
        }
    }

    private async Task ReadMessagesAsync(CancellationTokenSource stopping)
    {
        try
        {
            await foreach (var message in client.ReadMessagesAsync())
            {
                Show(stopping, () =>
                {
                    _summary.Received++;
                    view.Received(message);
                });
            }
        }
        catch (GatewayClosedException)
        {
            // EndAsync reports it.
        }
    }

    /// <summary>Sends each line that is read; true when a line ended the session.</summary>
    private async Task<bool> SendLinesAsync(CancellationToken cancellation)
    {
        while (await lines.ReadAsync(cancellation) is { } line)
        {
            if (line.Length == 0) continue;
            if (line[0] == '/' && !line.StartsWith("//", StringComparison.Ordinal))
            {
                if (!Command(line[1..])) return true;
                continue;
            }

            var content = Encoding.UTF8.GetBytes(line[0] == '/' ? line[1..] : line);
            await SendAsync(content, cancellation);
        }

        return false;
    }

    private async Task SendAsync(byte[] content, CancellationToken cancellation)
    {
        try
        {
            await client.SendAsync(_type, content, cancellation);
        }
        catch (ArgumentException e)
        {
            view.Note(e.Message);
            return;
        }

        lock (_lock)
        {
            _summary.Sent++;
            view.Sent(_type, content.Length);
        }
    }

    /// <summary>Carries out a line that begins with a slash; false ends the session.</summary>
    private bool Command(string command)
    {
        switch (command.Split(' ', 2, StringSplitOptions.TrimEntries))
        {
            case ["quit" or "q"]:
                return false;
            case ["type", { Length: > 0 } type]:
                _type = type;
                view.Note($"the next lines are sent with type {type}");
                return true;
            default:
                view.Note("each line is sent as a message; /type NAME changes the type, // sends a line that begins with a slash, /quit disconnects");
                return true;
        }
    }

    private void OnState(GatewayClientState state)
    {
        if (state.Status == GatewayClientStatus.Connected) _summary.Connections++;
        // A disconnect by this session itself is not an error to report.
        if (state.LastDisconnect is { Kind: not DisconnectKind.Disposed } end) _lastEnd = end;
        view.State(state);
    }

    private void OnHeartbeat(TimeSpan rtt)
    {
        _summary.Heartbeat(rtt);
        view.Heartbeat(rtt);
    }

    /// <summary>
    /// Shows one event at a time. An exception in a handler is lost, so the error of a closed output (<c>hbg connect | head</c>) is
    /// stored, and ends the session.
    /// </summary>
    private void Show(CancellationTokenSource stopping, Action show)
    {
        lock (_lock)
        {
            if (_isOver || _viewFault is not null) return;
            try
            {
                show();
                return;
            }
            catch (IOException e)
            {
                _viewFault = e;
            }
        }

        stopping.Cancel();
    }
}
