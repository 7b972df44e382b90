using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Connection;
using HeartbeatGateway.Server.Context;

namespace HeartbeatGateway.Server.Frames;

/// <summary>What new keys mean for an open connection.</summary>
internal static class KeyRotation
{
    /// <summary>Closes a connection whose key was removed or is no longer allowed for its client; others continue under the new settings.</summary>
    public static void Apply(GatewayConnection connection, EngineSettings settings)
    {
        // The probe's key is none of the settings'.
        if (connection.IsProbe || connection.Signer is not { } signer) return;
        var successor = settings.Keyring.Successor(signer);
        var isAllowed = successor is not null && (connection.Session is not { } session || successor.Admits(session.ClientId));
        if (isAllowed) connection.Signer = successor;
        else connection.Close(new CloseRequest(CloseReason.TokenInvalid) { Detail = $"the key '{signer.Key.Id}' was removed or changed, or is no longer bound to this client", KeyId = signer.Key.Id });
    }
}
