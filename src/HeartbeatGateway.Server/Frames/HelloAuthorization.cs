using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Connection;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Telemetry;
using HeartbeatGateway.Shared.Logging;

namespace HeartbeatGateway.Server.Frames;

/// <summary>Asks the program's authorizer about a hello, and closes a connection that is refused.</summary>
internal sealed class HelloAuthorization(EngineContext context, IClientAuthorizer authorizer)
{
    private const int MaxReasonChars = 200;

    /// <returns>True when the client may be registered. False when its connection has ended: it was refused, or it ended while the question was open.</returns>
    public async ValueTask<bool> IsAllowedAsync(GatewayConnection connection, HelloPayload hello, bool acceptsClose)
    {
        var keyId = connection.Signer!.Key.Id;
        ClientAuthorization answer;
        try
        {
            var request = new ClientAuthorizationRequest(hello.ClientId, hello.Instance, connection.RemoteEndPoint, keyId, hello.Library);
            // An authorizer that never answers must not keep a connection that has ended.
            answer = await authorizer.AuthorizeAsync(request, connection.EndToken).AsTask().WaitAsync(connection.EndToken);
        }
        catch (Exception e)
        {
            if (connection.HasEnded) return Ended(connection);
            if (context.MayLog(LogLevel.Error, LineKind.Failure, connection.Address)) context.Logger.AuthorizerFailed(e, hello.ClientId, connection.Id);
            answer = new ClientAuthorization(IsAllowed: false, "the gateway could not ask whether this client may connect", MayRetry: true);
        }

        if (connection.HasEnded) return Ended(connection);
        if (answer.IsAllowed) return true;
        connection.Close(new CloseRequest(CloseReason.Unauthorized)
        {
            Retry = answer.MayRetry,
            Detail = answer.Reason is { } reason ? PrintableText.From(reason, MaxReasonChars) : "this client may not connect",
            AcceptsClose = acceptsClose,
            VerifiedClientId = hello.ClientId,
            KeyId = keyId,
        });
        return false;
    }

    /// <summary>After a planned close frames are still read. Those behind a hello that was not registered must not pass for an anonymous client's.</summary>
    private static bool Ended(GatewayConnection connection)
    {
        connection.StopReading();
        return false;
    }
}
