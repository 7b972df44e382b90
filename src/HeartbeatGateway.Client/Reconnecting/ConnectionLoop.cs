using System.Net;
using HeartbeatGateway.Client.Connection;
using HeartbeatGateway.Client.Transport;
using HeartbeatGateway.Protocol;

namespace HeartbeatGateway.Client.Reconnecting;

/// <summary>The reconnect loop: waits, attempts to connect, and decides what follows. At most one attempt is in flight; it may race several addresses.</summary>
internal sealed class ConnectionLoop(ClientContext client, ITransportFactory transports, Random random)
{
    private readonly AddressBook _addresses = new(client.Options, client.TimeProvider, transports, random);
    private readonly AddressRace _race = new(transports, client.TimeProvider);
    private readonly ConnectionEventReporter _outages = new(client);

    /// <summary>Runs until the client has stopped permanently.</summary>
    /// <returns>Why it stopped.</returns>
    public async Task<DisconnectInfo> RunAsync(CancellationToken stopping)
    {
        var options = client.Options;
        var retry = default(RetryState);
        var delay = options.InitialJitter * random.NextDouble();
        DisconnectInfo? lastEnd = null;
        while (true)
        {
            await WaitAsync(delay, lastEnd, stopping).ConfigureAwait(false);
            if (stopping.IsCancellationRequested) return DisconnectMessages.Disposed("The client was disposed while it was not connected.");
            var result = await AttemptAsync(stopping).ConfigureAwait(false);
            if (stopping.IsCancellationRequested)
            {
                return result.End.Kind == DisconnectKind.Disposed ? result.End : DisconnectMessages.Disposed("The client was disposed.");
            }

            var decision = RetryRules.After(retry, result, options, random.NextDouble());
            if (decision.Stop) return result.End;
            (retry, delay, lastEnd) = (decision.Next, decision.Delay, result.End);
            client.Logger.WaitingToRetry(client.Name, delay.TotalSeconds);
        }
    }

    private async Task WaitAsync(TimeSpan delay, DisconnectInfo? lastEnd, CancellationToken stopping)
    {
        if (lastEnd is null && delay == TimeSpan.Zero) return;
        // The timer starts before the state change is published, so every watcher sees a wait that has begun.
        var wait = delay == TimeSpan.Zero ? Task.CompletedTask : Task.Delay(delay, client.TimeProvider, stopping);
        client.ChangeState(state => Disconnected(state) with { Status = GatewayClientStatus.Waiting, RetryAfter = delay, LastDisconnect = lastEnd });
        await wait.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task<AttemptResult> AttemptAsync(CancellationToken stopping)
    {
        try
        {
            return await TryAddressesAsync(stopping).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return new AttemptResult(DisconnectMessages.Disposed("The client was disposed while it was connecting."), Lived: null);
        }
        catch (Exception e)
        {
            // A fault in this library must not end the reconnect loop.
            client.Logger.InternalFault(client.Name, e);
            return new AttemptResult(DisconnectMessages.Internal(e), Lived: null);
        }
    }

    private async Task<AttemptResult> TryAddressesAsync(CancellationToken stopping)
    {
        List<GatewayAddress> addresses;
        try
        {
            if (client.Options.Endpoints.Any(e => e is DnsEndPoint))
            {
                client.ChangeState(state => Disconnected(state) with { Status = GatewayClientStatus.Connecting });
            }

            addresses = [.. await _addresses.LookUpAsync(stopping).ConfigureAwait(false)];
        }
        catch (TransportException e)
        {
            client.Identity.NextAttempt();
            return Failed(e);
        }

        client.Tokens.Refresh();
        var result = default(AttemptResult);
        while (addresses.Count > 0)
        {
            var won = await _race.RunAsync(addresses, OnTrying, e => result = Failed(e), stopping).ConfigureAwait(false);
            if (won is not { } winner)
            {
                _addresses.Forget();
                return result;
            }

            result = await RunAsync(winner.Address, winner.Transport, stopping).ConfigureAwait(false);
            Note(winner.Address, result);
            // An answer of the gateway applies to all its addresses. Any other failure may concern this address only.
            var isOver = result.Lived is not null || result.End.Kind is DisconnectKind.ClosedByGateway or DisconnectKind.Disposed;
            if (isOver || stopping.IsCancellationRequested) return result;
        }

        return result;
    }

    private void OnTrying(GatewayAddress address)
    {
        client.Identity.NextAttempt();
        client.ChangeState(state => Disconnected(state) with { Status = GatewayClientStatus.Connecting, Endpoint = address.EndPoint });
        client.Logger.Trying(client.Name, client.Identity.Attempt, address.EndPoint);
    }

    private void Note(GatewayAddress address, in AttemptResult result)
    {
        var isSentAway = result.End is { Kind: DisconnectKind.ClosedByGateway, Reason: CloseReason.Draining or CloseReason.Shutdown or CloseReason.MaxAge };
        if (result.Lived is null || isSentAway) _addresses.Forget();
        else _addresses.Remember(address);
    }

    private async Task<AttemptResult> RunAsync(GatewayAddress address, ClientTransport transport, CancellationToken stopping)
    {
        if (!address.EndPoint.Equals(client.States.Current.Endpoint)) client.ChangeState(state => state with { Endpoint = address.EndPoint });
        try
        {
            await transports.SecureAsync(transport, address, stopping).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await transport.DisposeAsync().ConfigureAwait(false);
            if (e is TransportException failure) return Failed(failure);
            throw;
        }

        using var connection = new ClientConnection(client, transport, _outages);
        return await connection.RunAsync(stopping).ConfigureAwait(false);
    }

    private AttemptResult Failed(TransportException exception)
    {
        var end = new DisconnectInfo { Kind = exception.Kind, Message = exception.Message, Exception = exception.InnerException };
        _outages.AttemptFailed(end);
        return new AttemptResult(end, Lived: null);
    }

    private GatewayClientState Disconnected(GatewayClientState state) => state with
    {
        Attempt = client.Identity.Attempt,
        Endpoint = null,
        Generation = null,
        Reconnected = false,
        Resumed = false,
        AcknowledgementsGranted = false,
        Heartbeat = client.Options.Heartbeat,
        RetryAfter = null,
    };
}

/// <summary>The result of an attempt, or of the connection that it made.</summary>
/// <param name="End">Why it ended.</param>
/// <param name="Lived">The time from the gateway's first answer to the end; null when the gateway never answered.</param>
/// <param name="Slot">The delay until the reconnect slot that the gateway assigned; null when it assigned none.</param>
/// <param name="ClockCorrected">The clock offset was wrong and is corrected now, so an immediate retry makes sense.</param>
internal readonly record struct AttemptResult(DisconnectInfo End, TimeSpan? Lived, TimeSpan? Slot = null, bool ClockCorrected = false);
