using System.Net;

namespace HeartbeatGateway.Server.Clients;

/// <summary>Decides whether a client may be registered, for programs that know more of clients than their tokens say. Without one, a verified token is enough.</summary>
public interface IClientAuthorizer
{
    /// <summary>
    /// Called for a hello whose token verified and that no ban refuses, before its client is registered. Only this connection waits: nothing more is read from it
    /// meanwhile. It must not depend on <see cref="IHeartbeatGateway"/>. An exception refuses the client, which may retry.
    /// </summary>
    /// <param name="request">What the hello says.</param>
    /// <param name="cancellationToken">Cancelled when the connection ends.</param>
    ValueTask<ClientAuthorization> AuthorizeAsync(ClientAuthorizationRequest request, CancellationToken cancellationToken);
}

/// <summary>What an authorizer is told of a client.</summary>
/// <param name="ClientId">The verified client id.</param>
/// <param name="Instance">The instance of its program; null when its hello names none.</param>
/// <param name="RemoteEndPoint">The peer's address.</param>
/// <param name="KeyId">The id of the key that its token has.</param>
/// <param name="Library">The name of its library; null when its hello names none.</param>
public sealed record ClientAuthorizationRequest(string ClientId, string? Instance, EndPoint? RemoteEndPoint, string KeyId, string? Library);

/// <summary>The answer of an authorizer.</summary>
/// <param name="IsAllowed">The client is registered.</param>
/// <param name="Reason">Why it is not, for the client and the log; null for no reason.</param>
/// <param name="MayRetry">A refused client may come back, since the answer may change.</param>
public readonly record struct ClientAuthorization(bool IsAllowed, string? Reason = null, bool MayRetry = false);
