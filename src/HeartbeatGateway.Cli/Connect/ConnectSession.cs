using System.Runtime.ExceptionServices;
using System.Text;
using HeartbeatGateway.Client;

namespace HeartbeatGateway.Cli.Connect;

/// <summary>Runs one client from start to graceful shutdown: shows its events, sends lines.</summary>
internal sealed class ConnectSession(
    GatewayClient client, Delivery delivery, IConnectView view, ILineSource lines, ConnectSettings settings, TimeProvider time)
{
    // The client does not wait for its event handlers. This session waits for the last one, at most for this time.
    private static readonly TimeSpan MaxHandlerWait = TimeSpan.FromSeconds(2);

    private readonly ConnectSummary _summary = new();
    private readonly ShownDrops _drops = new(client, view);
    private readonly IMessageSender _sender = settings.Acknowledged
        ? new AcknowledgedSender(client, settings.Type, time)
        : new MessageSender(client, delivery, settings.Type);
    private readonly TaskCompletionSource _stopShown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private DisconnectInfo? _lastEnd;
    private IOException? _viewFault;
    private bool _isOver;

    /// <summary>Runs until the input ends, the time is over, or the token is cancelled.</summary>
    /// <exception cref="CliException">The gateway was not reached, the client must not reconnect, or a message was not delivered.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        // The time of the session counts from here, whether or not the gateway is reached.
        using var over = settings.Stay is { } stay ? new CancellationTokenSource(stay, time) : new CancellationTokenSource();
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellation, over.Token);
        client.StateChanged += (_, state) =>
        {
            Show(stopping, () => OnState(state));
            // Stopped is the last state. All earlier states were already shown.
            if (state.Status == GatewayClientStatus.Stopped) _stopShown.TrySetResult();
        };
        client.HeartbeatAnswered += (_, rtt) => Show(stopping, () => OnHeartbeat(rtt));
        client.MessagesDropped += (_, _) => Show(stopping, _drops.Show);
        var messages = ReadMessagesAsync(stopping);
        var ended = EndAsync(stopping);
        var shown = _sender.ShowAsync(view, show => Show(stopping, show));
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
            // Ctrl+C, a signal, the end of the time or a closed output ended the session, or the client stopped, which EndAsync reports.
        }
        catch (GatewayClosedException)
        {
            // EndAsync reports it.
        }
        catch (TimeoutException)
        {
            // Not connected, or the last messages not written, in time: the checks below report it.
        }
        finally
        {
            await stopping.CancelAsync();
            await client.DisposeAsync();
            delivery.End(HasShutDownGracefully());
            await _stopShown.Task.WaitAsync(MaxHandlerWait, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Task.WhenAll(messages, ended, typing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _sender.Complete();
            await shown;
            Show(stopping, () =>
            {
                _sender.Sum(_summary);
                _drops.Show();
                _summary.Dropped = _drops.Received;
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

        if (_summary.NotDelivered > 0 || _summary.MayBeLost > 0) throw new CliException(ExitCode.NotDelivered, EventText.Undelivered(_summary));
    }

    /// <summary>
    /// Waits for the end of the session: /quit or, without a time, the end of the input. The last messages are then written, or acknowledged, or that did not
    /// happen within the time for it.
    /// </summary>
    private async Task UntilOverAsync(Task<bool> typing, CancellationToken cancellation)
    {
        var wasQuit = await typing;
        if (settings.Stay is not null && !wasQuit) await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellation);
        await _sender.WaitAsync(settings.FlushTimeout, cancellation);
    }

    /// <summary>
    /// True when the gateway has ended its stream after this client's: it has read everything. The client library says it only in words.
    /// </summary>
    private bool HasShutDownGracefully() => client.State.LastDisconnect?.Message.Contains("gracefully", StringComparison.Ordinal) ?? false;

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

            await SendAsync(line[0] == '/' ? line[1..] : line, cancellation);
        }

        return false;
    }

    private async Task SendAsync(string text, CancellationToken cancellation)
    {
        var fault = await _sender.SendAsync(Encoding.UTF8.GetBytes(text), cancellation);
        if (fault is not null) Note(fault);
        else if (client.State.Status != GatewayClientStatus.Connected) Note("queued: the client is not connected; the message is sent when it is");
    }

    private void Note(string text)
    {
        lock (_lock) view.Note(text);
    }

    /// <summary>Carries out a line that begins with a slash; false ends the session.</summary>
    private bool Command(string command)
    {
        switch (command.Split(' ', 2, StringSplitOptions.TrimEntries))
        {
            case ["quit" or "q"]:
                return false;
            case ["type", { Length: > 0 } type]:
                _sender.Type = type;
                Note($"the next lines are sent with type {type}");
                return true;
            default:
                Note("each line is sent as a message; /type NAME changes the type, // sends a line that begins with a slash, /quit disconnects");
                return true;
        }
    }

    private void OnState(GatewayClientState state)
    {
        if (state.Status == GatewayClientStatus.Connected) _summary.Connections++;
        // A disconnect by this session itself is not an error to report.
        if (state.LastDisconnect is { Kind: not DisconnectKind.Disposed } end) _lastEnd = end;
        view.State(state);
        if (settings.Acknowledged && state is { Status: GatewayClientStatus.Connected, AcknowledgementsGranted: false })
        {
            view.Note("the gateway has not granted acknowledgements: messages to it are not sent");
        }
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

/// <summary>The settings of a session.</summary>
/// <param name="Type">The type of the frames to send.</param>
/// <param name="Stay">The length of the session from its start; null to run until the input ends or the user quits.</param>
/// <param name="GiveUpAfter">The time limit for the first connection; null for no limit.</param>
/// <param name="FlushTimeout">At the end of the session: the longest wait for a connection that takes the next queued message, or for its acknowledgement.</param>
/// <param name="Acknowledged">Messages are to be acknowledged by the gateway.</param>
internal sealed record ConnectSettings(string Type, TimeSpan? Stay, TimeSpan? GiveUpAfter, TimeSpan FlushTimeout, bool Acknowledged = false);
