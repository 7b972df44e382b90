using System.Runtime.ExceptionServices;
using System.Text;
using HeartbeatGateway.Client;

namespace HeartbeatGateway.Cli.Connect;

/// <summary>One client from start to goodbye: shows its events, sends lines.</summary>
internal sealed class ConnectSession(GatewayClient client, IConnectView view, ILineSource lines, ConnectSettings settings, TimeProvider time)
{
    // The client does not wait for its handlers; what they have to show is waited for here, and not for long.
    private static readonly TimeSpan HandlersTakeAtMost = TimeSpan.FromSeconds(2);

    private readonly ConnectSummary _summary = new();
    private readonly TaskCompletionSource _stopShown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private string _type = settings.Type;
    private DisconnectInfo? _lastEnd;
    private IOException? _viewFault;
    private bool _isOver;

    /// <summary>Runs until the input ends, the time is over, or it is cancelled.</summary>
    /// <exception cref="CliException">The gateway was not reached, or told the client not to come back.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        client.StateChanged += (_, state) =>
        {
            Show(leaving, () => OnState(state));
            // The last change of all: those before it have been shown.
            if (state.Status == GatewayClientStatus.Stopped) _stopShown.TrySetResult();
        };
        client.HeartbeatAnswered += (_, rtt) => Show(leaving, () => OnBeat(rtt));
        var messages = ReadMessagesAsync(leaving);
        var ended = EndAsync(leaving);
        var typing = Task.FromResult(false);
        try
        {
            var connected = client.ConnectAsync(leaving.Token);
            await (settings.GiveUpAfter is { } patience ? connected.WaitAsync(patience, time, leaving.Token) : connected);
            typing = SendLinesAsync(leaving.Token);
            await UntilOverAsync(typing, leaving.Token);
        }
        catch (OperationCanceledException) when (leaving.IsCancellationRequested)
        {
            // Somebody left by Ctrl+C, or the client ended, which EndAsync tells of.
        }
        catch (GatewayClosedException)
        {
            // Told by EndAsync.
        }
        catch (TimeoutException)
        {
            // Not connected in time: the check below tells what the last attempt met with.
        }
        finally
        {
            await leaving.CancelAsync();
            await client.DisposeAsync();
            await _stopShown.Task.WaitAsync(HandlersTakeAtMost, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Task.WhenAll(messages, ended, typing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Show(leaving, () =>
            {
                // Handlers may come late; what they would show comes after the end.
                _isOver = true;
                view.End(_summary);
            });
        }

        if (_viewFault is not null) ExceptionDispatchInfo.Throw(_viewFault);
        await messages;
        await ended;
        if (_summary.Connections == 0) throw new CliException(ExitCode.NoGateway, _lastEnd is { } end ? $"the gateway was not reached: {end.Message}" : "the gateway was not reached.");
    }

    /// <summary>The end of the input is the end of the session, unless a time was given; /quit always is.</summary>
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

    /// <summary>Watches for an end that the gateway decreed.</summary>
    private async Task EndAsync(CancellationTokenSource leaving)
    {
        try
        {
            await client.Completion;
        }
        catch (GatewayClosedException e)
        {
            await leaving.CancelAsync();
            throw new CliException(ExitCode.NoGateway, $"the gateway ended this client for good: {e.Message}", e);
        }
    }

    private async Task ReadMessagesAsync(CancellationTokenSource leaving)
    {
        try
        {
            await foreach (var message in client.ReadMessagesAsync())
            {
                Show(leaving, () =>
                {
                    _summary.Received++;
                    view.Received(message);
                });
            }
        }
        catch (GatewayClosedException)
        {
            // Told by EndAsync.
        }
    }

    /// <summary>Sends what is read; true when a line asked to leave.</summary>
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
                view.Note($"lines are sent as {type} from now on");
                return true;
            default:
                view.Note("a line is sent as a message; /type NAME changes what it is sent as, // sends a line that begins with a slash, /quit leaves");
                return true;
        }
    }

    private void OnState(GatewayClientState state)
    {
        if (state.Status == GatewayClientStatus.Connected) _summary.Connections++;
        // That we left ourselves explains nothing.
        if (state.LastDisconnect is { Kind: not DisconnectKind.Disposed } end) _lastEnd = end;
        view.State(state);
    }

    private void OnBeat(TimeSpan rtt)
    {
        _summary.Beat(rtt);
        view.Beat(rtt);
    }

    /// <summary>
    /// One event after another. Nobody sees what a handler throws, so an output that is gone (<c>hbg connect | head</c>) is
    /// remembered, and ends the session.
    /// </summary>
    private void Show(CancellationTokenSource leaving, Action show)
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

        leaving.Cancel();
    }
}
