using System.Net;
using HeartbeatGateway.Client.Connection;
using HeartbeatGateway.Client.Transport;

namespace HeartbeatGateway.Client.Reconnecting;

/// <summary>The reconnect loop: waits, attempts to connect, and decides what follows. At most one attempt is in flight.</summary>
internal sealed class ConnectionLoop(ClientContext client, ITransportFactory transports, Random random)
{
    private readonly AddressBook _addresses = new(client.Options, client.TimeProvider, transports, random);
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
            client.Logger.WaitingToRetry(delay.TotalSeconds);
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
            client.Logger.InternalFault(e);
            return new AttemptResult(DisconnectMessages.Internal(e), Lived: null);
        }
    }

    private async Task<AttemptResult> TryAddressesAsync(CancellationToken stopping)
    {
        GatewayAddress[] addresses;
        try
        {
            if (client.Options.Endpoints.Any(e => e is DnsEndPoint))
            {
                client.ChangeState(state => Disconnected(state) with { Status = GatewayClientStatus.Connecting });
            }

            addresses = await _addresses.LookUpAsync(stopping).ConfigureAwait(false);
        }
        catch (TransportException e)
        {
            client.Identity.NextAttempt();
            return Failed(e);
        }

        var result = default(AttemptResult);
        foreach (var address in addresses)
        {
            result = await TryAsync(address, stopping).ConfigureAwait(false);
            // An answer of the gateway applies to all its addresses. Any other failure may concern this address only.
            var isOver = result.Lived is not null || result.End.Kind is DisconnectKind.ClosedByGateway or DisconnectKind.Disposed;
            if (isOver || stopping.IsCancellationRequested) return result;
        }

        return result;
    }

    private async Task<AttemptResult> TryAsync(GatewayAddress address, CancellationToken stopping)
    {
        client.Identity.NextAttempt();
        client.ChangeState(state => Disconnected(state) with { Status = GatewayClientStatus.Connecting, Endpoint = address.EndPoint });
        client.Logger.Trying(client.Identity.Attempt, address.EndPoint);
        ClientTransport transport;
        try
        {
            transport = await transports.ConnectAsync(address, stopping).ConfigureAwait(false);
        }
        catch (TransportException e)
        {
            return Failed(e);
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
        Heartbeat = client.Options.Heartbeat,
        RetryAfter = null,
    };
}
