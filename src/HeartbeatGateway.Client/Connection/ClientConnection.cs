using System.Net.Sockets;
using HeartbeatGateway.Client.Reconnecting;
using HeartbeatGateway.Client.Transport;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Client.Connection;

/// <summary>
/// One connection, from established to closed. Three parts share it: the read loop, which alone handles frames; the sender, which alone
/// writes; and the timer. Each of them reports a failure to <see cref="End"/>. The first cause counts, and it aborts the transport, which
/// also stops the others.
/// </summary>
internal sealed class ClientConnection : IHeartbeatOwner, IWireObserver, IDisposable
{
    /// <summary>The time after a close frame for the write under way and the gateway's end of stream: as long as the gateway waits.</summary>
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(2);

    private readonly ClientContext _client;
    private readonly ClientTransport _transport;
    private readonly ConnectionEventReporter _outages;
    private readonly HeartbeatTimer _heartbeat;
    private readonly FrameSender _sender;
    private readonly MessageExchange _messages;
    private readonly RttTracker _pings = new();
    private readonly SentTokens _tokens = new();
    private readonly TokenKeyring _keyring;
    private readonly long _openedAt;
    private ConnectionEnd? _closing;
    private ConnectionEnd? _end;
    private bool _hasShutDown;
    private Task _sending = Task.CompletedTask;
    private long _acceptedAt;
    private bool _wasWelcomed;
    private volatile bool _isAccepted;
    private volatile bool _isShuttingDown;
    private volatile bool _isPaused;

    public ClientConnection(ClientContext client, ClientTransport transport, ConnectionEventReporter outages)
    {
        _client = client;
        _transport = transport;
        _outages = outages;
        _openedAt = client.TimeProvider.GetTimestamp();
        var (heartbeat, deadAfter) = NegotiatedHeartbeat.BeforeAnswer(client.Options);
        _heartbeat = new HeartbeatTimer(this, client.TimeProvider, heartbeat, deadAfter);
        _keyring = client.Tokens.Keyring;
        _sender = new FrameSender(client, transport, _pings, _tokens);
        _messages = new MessageExchange(client, _sender, _tokens, outages);
    }

    bool IHeartbeatOwner.IsPaused => _isPaused;

    bool IHeartbeatOwner.HasUnreadInput => _transport.HasUnreadInput;

    private bool HasEnded => Volatile.Read(ref _end) is not null;

    /// <summary>Runs the connection to its end and frees its resources. Never throws.</summary>
    /// <param name="stopping">Requests a graceful shutdown.</param>
    public async Task<AttemptResult> RunAsync(CancellationToken stopping)
    {
        _transport.Observer = this;
        _sending = SendAsync();
        _heartbeat.Start();
        await using (stopping.UnsafeRegister(static connection => ((ClientConnection)connection!).BeginShutdown(), this).ConfigureAwait(false))
        {
            await ReceiveAsync().ConfigureAwait(false);
        }

        _heartbeat.Dispose();
        _sender.Stop();
        await _sending.ConfigureAwait(false);
        if (_client.Unacknowledged is { } messages) messages.IsRefused = false;
        await _transport.DisposeAsync().ConfigureAwait(false);

        var end = WithUnconfirmed(_end!);
        TimeSpan? lived = _isAccepted ? _client.TimeProvider.GetElapsedTime(_acceptedAt, end.At) : null;
        if (lived is { } time) _outages.Lost(_transport.RemoteEndPoint, time, end.End);
        else _outages.AttemptFailed(end.End);
        return new AttemptResult(end.End, lived, end.Slot, end.ClockCorrected);
    }

    public void Dispose() => _heartbeat.Dispose();

    void IWireObserver.BytesRead() => _heartbeat.OnRead();

    void IWireObserver.BytesWritten() => _heartbeat.OnWrite();

    void IHeartbeatOwner.PingDue() => _sender.PingDue();

    void IHeartbeatOwner.Dead()
    {
        var from = _isAccepted ? _heartbeat.LastRead : _openedAt;
        End(DisconnectMessages.Dead(_client.TimeProvider.GetElapsedTime(from), _isAccepted, Details()));
    }

    void IHeartbeatOwner.NoAnswer(TimeSpan since) => End(DisconnectMessages.NoAnswer(since, Details()));

    void IHeartbeatOwner.ShutdownTimedOut()
    {
        if (Volatile.Read(ref _closing) is { } closing)
        {
            EndWith(closing);
            return;
        }

        var awaitsAcknowledgement = _messages.IsAcknowledged && !_sender.HasEndedStream;
        End(DisconnectMessages.ShutdownTimedOut(_client.Options.CloseTimeout, awaitsAcknowledgement, Details()));
    }

    void IHeartbeatOwner.Stalled(TimeSpan length) => _client.Logger.ProcessStalled(_client.Name, length.TotalSeconds);

    void IHeartbeatOwner.Failed(Exception exception) => Fail(exception);

    private void BeginShutdown()
    {
        _isShuttingDown = true;
        _client.Inbox.StopWaiting();
        if (!_isAccepted || _client.Options.CloseTimeout == TimeSpan.Zero)
        {
            End(DisconnectMessages.Disposed("The client was disposed."));
            return;
        }

        _heartbeat.BeginShutdown(_client.Options.CloseTimeout, keepsHeartbeats: _messages.IsAcknowledged);
        _sender.BeginShutdown();
    }

    private async Task SendAsync()
    {
        try
        {
            await _sender.RunAsync().ConfigureAwait(false);
        }
        catch (Exception) when (Volatile.Read(ref _closing) is not null)
        {
            // The gateway has closed the connection and need not read on. The read loop, or the close timeout, ends the connection.
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // The read loop reports the end, because it has more details: a close frame with the reason may still be unread.
            // If no byte arrives, the server timeout ends the connection.
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    private async Task ReceiveAsync()
    {
        using var receiver = new FrameReceiver(_transport.Stream, _client.Options.MaxContentBytes);
        try
        {
            while (!HasEnded)
            {
                if (await receiver.ReadAsync().ConfigureAwait(false))
                {
                    while (!HandleFrames(receiver) && !HasEnded) await WaitForApplicationAsync().ConfigureAwait(false);
                    _heartbeat.OnReceived(receiver.LastReadBytes, FrameReader.ClaimedLength(receiver.Unread));
                }
                else if (_closing is not null)
                {
                    // The gateway's end of stream follows its close frame. The write under way is finished before the connection ends.
                    await _sending.ConfigureAwait(false);
                    EndWith(_closing);
                }
                else if (_isShuttingDown)
                {
                    _hasShutDown = _sender.HasEndedStream;
                    End(DisconnectMessages.ShutDown(_hasShutDown, _messages.IsAcknowledged));
                }
                else End(DisconnectMessages.EndOfStream(receiver.IsInsideFrame, _isAccepted, Details()));
            }
        }
        catch (Exception) when (HasEnded)
        {
            // The read failed because the recorded end has aborted the transport.
        }
        catch (Exception e)
        {
            if (_closing is { } closing)
            {
                EndWith(closing);
                return;
            }

            var end = DisconnectMessages.Failed(e, _isAccepted, Details());
            if (end.Kind == DisconnectKind.InternalError) Fail(e);
            else End(_isShuttingDown ? DisconnectMessages.Disposed($"The client was disposed. {end.Message}") : end);
        }
    }

    private async Task WaitForApplicationAsync()
    {
        _isPaused = true;
        await _client.Inbox.WaitAsync().ConfigureAwait(false);
        _isPaused = false;
    }

    /// <summary>Handles the frames that have arrived. Returns false when the next one must wait until the application has read a message.</summary>
    private bool HandleFrames(FrameReceiver receiver)
    {
        Span<byte> scratch = stackalloc byte[FrameFormat.HeaderLength];
        var unread = receiver.Unread;
        // The close frame is the last one of its connection: bytes after it have no meaning.
        while (!HasEnded && _closing is null)
        {
            var before = unread;
            var status = receiver.TryRead(ref unread, scratch, out var frame);
            if (status == FrameReadStatus.Incomplete) break;
            if (status != FrameReadStatus.Complete)
            {
                var fault = DisconnectMessages.Describe(status, _client.Options.MaxContentBytes, FirstBytes.Of(before), _isAccepted);
                EndAsViolation(fault);
            }
            else if (_messages.IsMessage(frame.Kind) && _client.Inbox.MustWait(frame.Content.Length))
            {
                receiver.Keep(before);
                _messages.EndRead();
                return false;
            }
            else
            {
                Handle(frame);
            }
        }

        receiver.Keep(_closing is null ? unread : default);
        _messages.EndRead();
        return true;
    }

    private void Handle(in Frame frame)
    {
        var outcome = _keyring.Verify(frame, _client.Clock.UnixSeconds).Outcome;
        if (outcome is TokenOutcome.Expired or TokenOutcome.Future)
        {
            // Either the frame is a replay, or this machine's clock is wrong. Only a close frame that quotes a token of this connection
            // proves that the clock is wrong.
            if (frame.Kind == FrameKind.Close && ClosePayload.TryParse(frame.Content, out var close) && QuotesOwnToken(close)) HandleClose(close);
            else Ignore(frame, "its date is too far from the current time");
            return;
        }

        if (outcome != TokenOutcome.Verified)
        {
            EndAsViolation(DisconnectMessages.Describe(frame.TypeText, outcome));
            return;
        }

        switch (frame.Kind)
        {
            case FrameKind.Ping:
                HandlePing();
                break;
            case FrameKind.Welcome:
                HandleWelcome(frame);
                break;
            case FrameKind.Close when ClosePayload.TryParse(frame.Content, out var close):
                HandleClose(close);
                break;
            case FrameKind.Close:
                EndAsViolation("sent a close frame without a reason or a time");
                break;
            default:
                if (_messages.Handle(frame) is { } fault) EndAsViolation(fault);
                break;
        }
    }

    private void HandlePing()
    {
        var now = _client.TimeProvider.GetTimestamp();
        // A ping before any welcome comes from a server that does not support hello. The client is anonymous there.
        if (!_isAccepted) Accept(null);
        else _messages.OnAnotherPing();
        _heartbeat.OnAnswer();
        if (!_pings.TryAnswer(out var sentAt)) return;
        var roundTrip = _client.TimeProvider.GetElapsedTime(sentAt, now);
        _client.Metrics.HeartbeatAnswered(roundTrip);
        _client.HeartbeatAnswered(roundTrip);
    }

    private void HandleWelcome(in Frame frame)
    {
        if (_client.Options.ClientId is null || _wasWelcomed) Ignore(frame, "it does not answer a hello");
        else if (!WelcomePayload.TryParse(frame.Content, out var welcome)) EndAsViolation("sent a welcome frame that lacks a field");
        else if (_messages.FaultOf(welcome) is { } fault) EndAsViolation(fault);
        else Accept(welcome);
    }

    private void HandleClose(ClosePayload close)
    {
        var isCorrected = close.Retry && QuotesOwnToken(close) && _client.Clock.TryCorrect(close.ServerTime);
        if (isCorrected) _client.Logger.ClockCorrected(_client.Name, _client.Clock.Offset.TotalSeconds);
        var end = _isShuttingDown ? DisconnectMessages.Disposed("The client was disposed.") : DisconnectMessages.Closed(close, Details());
        Volatile.Write(ref _closing, new ConnectionEnd(end, _client.TimeProvider.GetTimestamp(), close.After, isCorrected));
        // The write under way is finished and the stream is ended.
        _heartbeat.BeginShutdown(CloseLimit);
        _sender.BeginClose();
    }

    private bool QuotesOwnToken(ClosePayload close) => close.Reason == CloseReason.TokenExpired && _tokens.Contains(close.InReplyTo);

    private void Accept(WelcomePayload? welcome)
    {
        var isFirst = !_isAccepted;
        _wasWelcomed = welcome is not null;
        if (welcome is not null) _client.Identity.SessionId = welcome.SessionId;
        _client.SendLimit.Set(welcome?.MaxContentBytes);
        var grant = NegotiatedHeartbeat.From(_client.Options, welcome?.Heartbeat);
        if (isFirst) _acceptedAt = _client.TimeProvider.GetTimestamp();
        _heartbeat.Accept(grant.Heartbeat, grant.ServerTimeout);
        _isAccepted = true;
        _messages.Open(welcome);
        _client.ChangeState(state => state.Connected(_transport.RemoteEndPoint, welcome, grant.Heartbeat, _client.Identity.Attempt, _messages.IsAcknowledged));
        if (isFirst) _outages.Accepted(_transport.RemoteEndPoint, _client.States.Current);
    }

    private void Ignore(in Frame frame, string cause) => _client.Logger.FrameIgnored(_client.Name, DisconnectMessages.Printable(frame.TypeText), cause);

    private void Fail(Exception exception)
    {
        _client.Logger.InternalFault(_client.Name, exception);
        End(DisconnectMessages.Internal(exception));
    }

    private void End(DisconnectInfo end) => EndWith(new ConnectionEnd(end, _client.TimeProvider.GetTimestamp(), Slot: null, ClockCorrected: false));

    private void EndAsViolation(string what) => End(DisconnectMessages.Violation(what, Details()));

    private void EndWith(ConnectionEnd end)
    {
        if (Interlocked.CompareExchange(ref _end, end, null) is not null) return;
        _transport.Abort();
        _client.Inbox.Wake();
    }

    /// <summary>Adds the messages that may be lost. After a graceful shutdown there are none: the gateway has read to the end of the stream.</summary>
    private ConnectionEnd WithUnconfirmed(ConnectionEnd end) =>
        end.WithUnconfirmed(_hasShutDown ? 0 : _sender.Messages - _pings.ConfirmedMessages, _client.Unacknowledged?.Count ?? 0);

    private string Details() => $"{_pings.Unanswered} pings unanswered, {_client.SendQueue.Count} frames wait to be sent, "
        + $"connection open for {DisconnectMessages.Seconds(_client.TimeProvider.GetElapsedTime(_openedAt))} s";
}
